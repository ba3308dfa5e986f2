import { SESSION_PROTOCOL, contentHash } from '@weft/protocol';
import {
  type Link,
  SimNetwork,
  type SimRandom,
  SimScheduler,
  Trace,
  createRandom,
} from '@weft/testkit/sim';
import { Browser } from './browser.ts';
import type { Action, Case } from './case.ts';
import { Adversary } from './adversary/adversary.ts';
import { Host } from './host.ts';
import { AccessLedger } from './ledger/access-ledger.ts';
import { AdmissionLedger } from './ledger/admission-ledger.ts';
import { ChangeLedger } from './ledger/change-ledger.ts';
import { DeviceLedger } from './ledger/device-ledger.ts';
import { DurableLog } from './ledger/durable-log.ts';
import { MessageLedger } from './ledger/message-ledger.ts';
import { SessionLedger } from './ledger/session-ledger.ts';
import { Violations } from './ledger/violations.ts';
import { WireLedger, streamOf } from './ledger/wire.ts';
import { People } from './people.ts';
import {
  ADVERSARY,
  CONVERSATION,
  DOCUMENTS,
  SIM_LIMITS,
  TENANT,
  personAt,
  siteOf,
  subOf,
} from './rules.ts';
import { Device } from './tab.ts';
import type { Universe } from './universe.ts';

const TALK = `${TENANT}/conversation/${CONVERSATION}`;

/** Virtual milliseconds in which everything must be quiet once the faults are over. */
const QUIET_WITHIN = 180_000;

/** The same where people wait for each other's seats: those of tabs that were killed are kept for a minute each. */
const TURNS_WITHIN = 600_000;

/** Milliseconds in which a write is answered, where disks and networks are well. */
const OTHERS_WITHIN = 1_500;

/** Bytes that may wait for who does not read: a MiB, what was asked for, and the frame that was one too many. */
const QUEUED_MAX = 1.5 * 1024 * 1024;

/** Bytes that a document may have where somebody does not read. */
const FLOODED_BYTES = 8 * 1024 * 1024;

/** Everything of one run: a machine with the server, devices with tabs, an adversary, and the ledgers that watch. */
export class World {
  readonly scheduler = new SimScheduler();
  readonly random: SimRandom;
  readonly trace = new Trace();
  readonly violations: Violations;
  readonly #case: Case;
  readonly #personOf: (tab: number) => string;
  readonly #durable: DurableLog;
  readonly #wire: WireLedger;
  readonly #sessions: SessionLedger;
  readonly #messages: MessageLedger;
  readonly #changes: ChangeLedger;
  readonly #network: SimNetwork;
  readonly #people: People;
  readonly #access: AccessLedger | undefined;
  readonly #admission: AdmissionLedger | undefined;
  readonly #host: Host;
  readonly #devices: Device[];
  readonly #ledgers: DeviceLedger[];
  readonly #reader: Device;
  readonly #adversary: Adversary;
  #peace = false;
  /** How often a device lost something. */
  #lost = 0;
  /** The most bytes that ever waited for who did not read. */
  #waiting = 0;
  /** Who lost what. */
  readonly #taken: (readonly [sub: string, resource: string])[] = [];

  constructor(universe: Universe, run: Case) {
    this.#case = run;
    this.random = createRandom(run.seed);
    const { scheduler, random, trace } = this;
    const violations = new Violations(() => scheduler.now);
    this.violations = violations;
    const now = () => scheduler.now;
    const tabs = Array.from({ length: run.tabs }, (_, tab) => tab);
    const deviceOf = (tab: number) => run.devices?.[tab];
    const personOf = (tab: number) => {
      const device = deviceOf(tab);
      return device === undefined ? personAt(tab) : `person ${device}`;
    };
    this.#personOf = personOf;
    const sharing = new Set(
      tabs.flatMap((tab) => {
        const device = deviceOf(tab);
        const alone = tabs.every((other) => other === tab || deviceOf(other) !== device);
        return device === undefined || alone ? [] : [siteOf(tab)];
      }),
    );
    const people = new People({ tabs: tabs.map(personOf), life: run.life, now });
    this.#people = people;
    const subs = new Map(tabs.map((tab) => [siteOf(tab), subOf(personOf(tab))]));
    const subAt = (site: string) => subs.get(site);
    const authorizes = run.actions.some(({ type }) => type === 'rights');
    // Most runs have nothing for it to see, and would pay for its looking.
    const access =
      authorizes || run.life !== undefined
        ? new AccessLedger({ violations, people, now, subAt })
        : undefined;
    this.#access = access;
    const durable = new DurableLog(violations, now, (stream, principal) =>
      access?.recorded(stream, principal),
    );
    this.#durable = durable;
    const admission =
      run.admission === undefined
        ? undefined
        : new AdmissionLedger({
            violations,
            ...run.admission,
            now,
            later: (ms, act) => void scheduler.after(ms, act, 'nobody'),
            boots: () => this.#host.boots,
            subAt,
          });
    this.#admission = admission;
    const wire = new WireLedger(violations, durable, now, {
      shares: (site) => sharing.has(site),
      access,
      admission,
    });
    this.#wire = wire;
    const sessions = new SessionLedger(violations, wire);
    this.#sessions = sessions;
    this.#messages = new MessageLedger(TALK, violations, durable);
    this.#changes = new ChangeLedger(violations);
    this.#network = new SimNetwork({
      scheduler,
      random: random.fork('network'),
      latency: { min: 2, max: 40 },
      // A seat whose holder left without a word is kept for a minute: there would be nothing but waiting.
      farewells: run.admission !== undefined,
      events: {
        sent: (link, way, frame) => {
          if (way === 'down') this.#expectBound(link);
          if (link.protocol === SESSION_PROTOCOL) sessions.sent(link, way, frame);
          else if (way === 'down') wire.down(link, frame);
        },
        arrived: (link, way, frame) => {
          trace.note(`${scheduler.now} ${link.id} ${way}`, frame);
          if (link.protocol === SESSION_PROTOCOL) sessions.arrived(link, way, frame);
          else if (way === 'up') wire.up(link, frame);
        },
        unheard: (link) => {
          const line = link.protocol === SESSION_PROTOCOL ? sessions.lineOf(link) : link;
          if (line !== undefined) admission?.unheard(line);
        },
        left: (link, code) => {
          if (link.protocol === SESSION_PROTOCOL) sessions.left(link, code);
          else wire.left(link, code, false);
        },
        ended: (link) => {
          if (link.protocol === SESSION_PROTOCOL) sessions.ended(link);
          else wire.ended(link);
        },
      },
    });
    const stalls = run.actions.some(({ type }) => type === 'stall');
    this.#host = new Host({
      universe,
      scheduler,
      network: this.#network,
      random: random.fork('host'),
      people,
      authorizes,
      admission: run.admission,
      // Whoever makes others wait writes more than a document has room for else.
      documentBytes: stalls ? FLOODED_BYTES : SIM_LIMITS.documentBytes,
      durable: (records) => durable.add(records),
    });
    const browsers = new Map<number, Browser>();
    const browserOf = (tab: number): Browser => {
      const number = deviceOf(tab);
      const found = number === undefined ? undefined : browsers.get(number);
      if (found !== undefined) return found;
      const sharing = tabs.filter((other) => number !== undefined && deviceOf(other) === number);
      const made = new Browser(random.fork(siteOf(tab)), sharing.length);
      if (number !== undefined) browsers.set(number, made);
      return made;
    };
    const device = (
      site: string,
      person: string,
      browser: Browser,
      ledger: DeviceLedger,
      offers: boolean,
    ) =>
      new Device({
        browser,
        site,
        person,
        issue: run.life === undefined ? undefined : () => people.issue(person),
        documents: DOCUMENTS,
        sessions: offers,
        universe,
        scheduler,
        network: this.#network,
        random: random.fork(site),
        ledger,
        messages: this.#messages,
        changes: this.#changes,
      });
    this.#ledgers = [];
    this.#devices = [];
    for (const tab of tabs) {
      const site = siteOf(tab);
      const ledger = new DeviceLedger(site, violations, durable);
      this.#ledgers.push(ledger);
      const offers = run.sessions?.includes(tab) === true;
      this.#devices.push(device(site, personOf(tab), browserOf(tab), ledger, offers));
    }
    const read = new DeviceLedger('reader', violations, durable);
    const own = new Browser(random.fork('reader'), 1);
    this.#reader = device('reader', 'reader', own, read, run.sessions !== undefined);
    this.#adversary = new Adversary({
      scheduler,
      network: this.#network,
      violations,
      wire,
    });
  }

  /** Commands to the conversation that devices called safe. */
  get commands(): number {
    return this.#changes.count;
  }

  /** Sessions that went on after a cut. */
  get resumed(): number {
    return this.#sessions.resumed;
  }

  /** What the ledger of rights and tokens saw. */
  get access(): AccessLedger['counts'] {
    return this.#access?.counts ?? { renewed: 0, expired: 0, denied: 0 };
  }

  /** Sockets that were let in after they had waited in a line. */
  get waited(): number {
    return this.#admission?.waited ?? 0;
  }

  /** How often a device lost something of what it kept. */
  get lost(): number {
    return this.#lost;
  }

  /** The most bytes that ever waited in the server for somebody who did not read. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Lives through the case, then through the peace after it, and is judged all along. */
  async live(): Promise<void> {
    const { scheduler } = this;
    scheduler.after(0, () => this.#host.boot(), 'nobody');
    for (const device of this.#devices) scheduler.after(1, () => device.open(), 'nobody');
    if (this.#case.actions.some(({ type }) => type === 'attack')) this.#adversary.arrive();
    let left = this.#case.actions.length;
    for (const action of this.#case.actions) {
      scheduler.after(
        action.when,
        () => {
          left -= 1;
          this.#act(action);
        },
        'nobody',
      );
    }
    await scheduler.run(() => left === 0 || this.#broken(), Number.POSITIVE_INFINITY);
    if (this.#broken()) return;
    this.#makePeace();
    if (this.#case.admission === undefined) await this.#quiet('the tabs', this.#devices);
    // Not all of them are in at once: each brings what it has, then each fetches what all have brought.
    else for (const round of ['first', 'second']) await this.#takeTurns(round);
    if (this.#broken()) return;
    this.#messages.settle(failedTextsOf(this.#devices));
    this.#changes.settle(this.#durable.events(TALK), failedOf(this.#devices));
    for (const ledger of this.#ledgers) ledger.settle();
    if (this.#case.admission === undefined) this.#compare(this.#devices);
    if (this.#broken()) return;
    await this.#startAgain();
  }

  /** A run ends at the first thing that breaks: what follows from it says nothing new. */
  #broken(): boolean {
    return this.violations.found.length > 0 || this.scheduler.escaped.length > 0;
  }

  #act(action: Action): void {
    const { scheduler } = this;
    const later = (ms: number, run: () => void) => {
      scheduler.after(ms, run, 'nobody');
    };
    switch (action.type) {
      case 'edit':
        this.#device(action.tab)?.edit(action);
        break;
      case 'say':
        this.#device(action.tab)?.say(action.text);
        break;
      case 'change':
        this.#device(action.tab)?.change(action);
        break;
      case 'point':
        this.#device(action.tab)?.point(action.document, action.at);
        break;
      case 'revisit':
        this.#device(action.tab)?.revisit(action.document, action.away);
        break;
      case 'reload': {
        const device = this.#device(action.tab);
        if (action.how === 'killed') device?.kill();
        else device?.close();
        later(action.away, () => {
          // In peace it is opened when its turn comes.
          if (!this.#peace || this.#case.admission === undefined) device?.open();
        });
        break;
      }
      case 'cut':
        this.#network.cut(action.site);
        break;
      case 'linger':
        this.#network.linger(action.site, action.ms);
        break;
      case 'silence':
        this.#network.silence(action.site, action.which);
        later(action.ms, () => this.#network.return(action.site));
        break;
      case 'stall': {
        const { site } = action;
        this.#network.stall(site);
        const sound = () => this.#expectOthersGoOn(site);
        if (action.ms > OTHERS_WITHIN) later(OTHERS_WITHIN, sound);
        later(action.ms, () => {
          sound();
          this.#network.read(site);
        });
        break;
      }
      case 'partition':
        this.#network.leave(action.site);
        later(action.ms, () => this.#network.return(action.site));
        break;
      case 'crash':
        if (action.point === 'now') this.#host.crash(action.down);
        else this.#host.trap(action.point, action.nth, action.down);
        break;
      case 'disk':
        this.#host.health = action.health;
        later(action.ms, () => {
          this.#host.health = 'well';
        });
        break;
      case 'device': {
        const device = this.#device(action.tab);
        if (device === undefined) break;
        device.health = action.health ?? 'failing';
        later(action.ms, () => {
          device.health = 'well';
        });
        break;
      }
      case 'quota': {
        const device = this.#device(action.tab);
        if (device === undefined) break;
        device.quota = action.bytes;
        later(action.ms, () => {
          device.quota = Number.POSITIVE_INFINITY;
        });
        break;
      }
      case 'lose':
        this.#lose(action.tab, action.what, action.dice);
        break;
      case 'rights':
        this.#take(subOf(this.#personOf(action.tab)), action.resource, action.ms);
        break;
      case 'issuer':
        this.#device(action.tab)?.withoutTokens(action.ms);
        break;
      case 'attack':
        this.#adversary.attack(action.kind, action.document, action.dice);
        break;
      default: {
        const unreachable: never = action;
        return unreachable;
      }
    }
  }

  /** A3: what others write is answered, whoever does not read. */
  #expectOthersGoOn(site: string): void {
    const late = this.#wire.late(OTHERS_WITHIN, site);
    if (late === undefined) return;
    this.violations.add('A3', `${site} does not read, and ${late} waits`);
  }

  /** S4: what waits in the server for who does not read. */
  #expectBound({ site, down }: Link): void {
    const { queued } = down;
    this.#waiting = Math.max(this.#waiting, queued);
    if (queued <= QUEUED_MAX) return;
    this.violations.add('S4', `${queued} bytes wait for ${site}, which does not read`);
  }

  /** A device loses something of what it keeps; whoever has it open has it still. */
  #lose(tab: number, what: 'record' | 'everything', dice: number): void {
    if (this.#device(tab)?.lose(what, createRandom(dice)) !== true) return;
    this.#lost += 1;
    for (const [other, ledger] of this.#ledgers.entries()) {
      if (this.#case.devices?.[other] !== this.#case.devices?.[tab]) continue;
      ledger.excuse();
      this.#messages.excuse(siteOf(other));
      this.#changes.excuse(siteOf(other));
    }
  }

  /** R3: somebody loses a resource, and gets it back. */
  #take(sub: string, resource: string, ms: number): void {
    if (!this.#people.take(sub, resource)) return;
    this.#taken.push([sub, resource]);
    this.#host.rightsChanged(sub);
    const { boots, listening } = this.#host;
    this.scheduler.after(
      1_001,
      () => {
        // A server that was started meanwhile let nobody in who may not be.
        if (listening && this.#host.boots === boots) this.#access?.expectGone(sub, resource);
      },
      'nobody',
    );
    this.scheduler.after(ms, () => this.#give(sub, resource), 'nobody');
  }

  #give(sub: string, resource: string): void {
    if (this.#people.give(sub, resource)) this.#host.rightsChanged(sub);
  }

  /** Every fault ends; what is closed is opened. */
  #makePeace(): void {
    this.#peace = true;
    for (const [sub, resource] of this.#taken) this.#give(sub, resource);
    this.#host.disarm();
    this.#host.health = 'well';
    for (const device of this.#devices) {
      device.health = 'well';
      device.quota = Number.POSITIVE_INFINITY;
      device.withoutTokens(0);
      this.#network.read(device.site);
      this.#network.return(device.site);
    }
    this.#network.return(ADVERSARY);
  }

  /** Waits until these devices have everything, and the server everything of theirs. */
  async #quiet(who: string, devices: readonly Device[]): Promise<void> {
    const { scheduler } = this;
    const deadline = scheduler.now + QUIET_WITHIN;
    let next = 0;
    const end = await scheduler.run(() => {
      if (this.#broken()) return true;
      if (scheduler.now < next) return false;
      next = scheduler.now + 20;
      for (const device of devices) device.open();
      return (
        this.#network.idle && this.#wire.answered && unquiet(devices, this.#host) === undefined
      );
    }, deadline);
    if (end === 'done') return;
    const open = unquiet(devices, this.#host) ?? `no answer to ${this.#wire.unanswered}`;
    this.violations.add('D1', `${who} found no peace: ${open}`);
  }

  /** Everybody comes; whoever has everything leaves their seat to the next. */
  async #takeTurns(round: string): Promise<void> {
    if (this.#broken()) return;
    const { scheduler } = this;
    const deadline = scheduler.now + TURNS_WITHIN;
    const left = new Set(this.#devices);
    let next = 0;
    const end = await scheduler.run(() => {
      if (this.#broken()) return true;
      if (scheduler.now < next) return false;
      next = scheduler.now + 20;
      for (const device of left) {
        device.open();
        if (!this.#network.idle || unquiet([device], this.#host) !== undefined) continue;
        if (round === 'second') this.#compare([device]);
        left.delete(device);
      }
      // Also whom a reload of before has brought back since.
      for (const device of this.#devices) if (!left.has(device)) device.close();
      return left.size === 0 && this.#devices.every(({ gone }) => gone);
    }, deadline);
    if (end === 'done') return;
    const open = [...left].map((device) => unquiet([device], this.#host) ?? device.site);
    this.violations.add(
      'A2',
      `in the ${round} round not everybody had their turn: ${open.join('; ')}`,
    );
  }

  /** D1, C1: everybody has what is in the log, by hash. */
  #compare(devices: readonly Device[]): void {
    for (const address of DOCUMENTS) {
      const doc = this.#durable.replay(streamOf(address));
      if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
        this.violations.add('D3', `the log of ${address} does not fit together`);
      }
      const expected = contentHash(doc);
      for (const device of devices) {
        const handle = device.documents.get(address);
        if (handle === undefined) continue;
        const { store } = handle.doc;
        if (store.pendingStructs !== null || store.pendingDs !== null) {
          this.violations.add('D3', `${device.site} has pending structs in ${address}`);
        }
        if (contentHash(handle.doc) !== expected) {
          this.violations.add('D1', `${device.site} differs from the log in ${address}`);
        }
      }
      doc.destroy();
    }
    const events = this.#durable.events(TALK);
    const said = this.#messages.durable;
    for (const device of devices) {
      const items = device.conversation?.timeline.get() ?? [];
      this.#messages.shown(device.site, items);
      this.#changes.compare(device.site, items, events);
      this.#compareMembers(device);
      const shown = items.filter(({ state }) => state === 'stored').length;
      if (shown !== said) {
        this.violations.add('C6', `${device.site} shows ${shown} of ${said} messages`);
      }
      for (const item of items) {
        if (item.state === 'failed') {
          // Said while its author could not speak here.
          if (item.code === 'forbidden' && this.#mayHaveFailed(device)) continue;
          this.violations.add('C7', `"${item.id}" of ${device.site} failed: ${item.code}`);
        }
      }
    }
  }

  #mayHaveFailed({ sub }: Device): boolean {
    return this.#people.everLost(sub, `conversation/${CONVERSATION}`);
  }

  /** C13: everybody knows who is in. */
  #compareMembers({ site, conversation }: Device): void {
    const told = conversation?.members.get().members.map(({ person }) => person) ?? [];
    const known = [...this.#durable.members(TALK)].toSorted().join(', ');
    const shown = told.toSorted().join(', ');
    if (shown !== known) {
      this.violations.add('C13', `${site} shows [${shown}], and in are [${known}]`);
    }
  }

  /** The server starts from its disk alone, and somebody who has nothing reads all of it. */
  async #startAgain(): Promise<void> {
    for (const device of this.#devices) device.kill();
    this.#adversary.leave();
    this.#host.crash(10);
    this.#reader.open();
    await this.#quiet('a new reader', [this.#reader]);
    if (!this.#broken()) this.#compare([this.#reader]);
    this.#reader.kill();
  }

  #device(tab: number): Device | undefined {
    return this.#devices[tab];
  }
}

/** What is not quiet yet; `undefined` when everything is. */
function unquiet(devices: readonly Device[], host: Host): string | undefined {
  if (!host.listening) return 'the server is down';
  if (host.busy) return 'the server is at work';
  for (const device of devices) {
    const { site, documents, conversation, connection } = device;
    if (connection !== 'online') return `${site} is ${connection}`;
    for (const address of DOCUMENTS) {
      const handle = documents.get(address);
      if (handle === undefined) return `${site} has not opened ${address}`;
      const { state, waiting } = handle.status.get();
      if (handle.access.get().state === 'denied') return `${address} is denied to ${site}`;
      if (handle.phase.get() !== 'synced') return `${address} at ${site} is ${handle.phase.get()}`;
      if (state !== 'stored') return `${address} at ${site} is ${state}, ${waiting} waiting`;
    }
    if (conversation?.access.get().state === 'denied') return `${site} is out of the conversation`;
    if (conversation?.phase.get() !== 'synced') {
      return `the conversation at ${site} is ${conversation?.phase.get() ?? 'closed'}`;
    }
    if (conversation.timeline.get().some((item) => item.state === 'queued')) {
      return `a message of ${site} waits`;
    }
    if (conversation.timeline.get().some((item) => item.state === 'stored' && item.waiting)) {
      return `a change of ${site} waits`;
    }
    const { state: own } = conversation.members.get().own;
    if (own === 'joining' || own === 'leaving') return `${site} is ${own}`;
    if (device.keeps > 0) return `${site} keeps ${device.keeps} commands that are answered`;
  }
  return undefined;
}

/** The texts of messages that these devices show as failed. */
function failedTextsOf(devices: readonly Device[]): ReadonlySet<string> {
  const items = devices.flatMap(({ conversation }) => conversation?.timeline.get() ?? []);
  return new Set(
    items.flatMap((item) => {
      return item.state === 'failed' ? [item.entry.command.action.body.text] : [];
    }),
  );
}

/** What these devices show as failed, by id. */
function failedOf(devices: readonly Device[]): ReadonlySet<string> {
  const items = devices.flatMap(({ conversation }) => conversation?.timeline.get() ?? []);
  const moves = devices.flatMap(({ conversation }) => {
    const own = conversation?.members.get().own;
    return own?.state === 'failed' ? [own.id] : [];
  });
  return new Set([
    ...moves,
    ...items.flatMap((item) => {
      if (item.state === 'failed') return [item.id];
      return item.state === 'stored' ? (item.failed ?? []).map(({ id }) => id) : [];
    }),
  ]);
}
