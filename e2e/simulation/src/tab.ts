import type { ConversationHandle, DocumentHandle, Weft } from '@weft/client';
import {
  type HubTab,
  SIM_EPOCH,
  type SimNetwork,
  type SimProcess,
  type SimRandom,
  type SimScheduler,
  type StorageHealth,
  tabLocks,
} from '@weft/testkit/sim';
import * as v from 'valibot';
import type * as Y from 'yjs';
import type { Browser } from './browser.ts';
import type { EditAction, MessageChange } from './case.ts';
import { edit } from './edit.ts';
import type { ChangeLedger } from './ledger/change-ledger.ts';
import type { DeviceLedger } from './ledger/device-ledger.ts';
import type { MessageLedger } from './ledger/message-ledger.ts';
import { CONVERSATION, subOf } from './rules.ts';
import type { Universe } from './universe.ts';

export interface DeviceOptions {
  /** Where it stands in the network, and what it is called. */
  readonly site: string;
  /** Who it is, by the token that never ends. */
  readonly person: string;
  /** Issues tokens that end; without it, the one above is used. */
  readonly issue?: (() => string) | undefined;
  readonly documents: readonly string[];
  readonly browser: Browser;
  /** Whether it offers sessions; otherwise a cut ends what it has open. */
  readonly sessions: boolean;
  readonly universe: Universe;
  readonly scheduler: SimScheduler;
  readonly network: SimNetwork;
  readonly random: SimRandom;
  readonly ledger: DeviceLedger;
  readonly messages: MessageLedger;
  readonly changes: ChangeLedger;
}

/** A command as a device keeps it until it is answered. */
const queuedSchema = v.object({ state: v.object({ state: v.literal('queued') }) });

interface OpenTab {
  readonly state: 'open';
  readonly process: SimProcess;
  readonly weft: Weft;
  /** Its side of what the tabs of its browser share. */
  readonly shared: HubTab | undefined;
  readonly documents: Map<string, DocumentHandle>;
  readonly conversation: ConversationHandle;
}

type Tab = { readonly state: 'none' } | { readonly state: 'closing' } | OpenTab;

/** A tab, and the place where it is opened again: its browser's storage outlives it, it may be killed at any moment. */
export class Device {
  readonly site: string;
  readonly #options: DeviceOptions;
  readonly #browser: Browser;
  #tab: Tab = { state: 'none' };
  /** Until when its page gets no tokens. */
  #tokenlessUntil = 0;
  #sessions = 0;
  /** A document that is left and entered again may be the same one still. */
  readonly #watched = new WeakSet<Y.Doc>();

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.site = options.site;
    this.#browser = options.browser;
  }

  /** Whether no tab is open, or about to close. */
  get gone(): boolean {
    return this.#tab.state === 'none';
  }

  /** Whose it is. */
  get sub(): string {
    return subOf(this.#options.person);
  }

  /** The open tab's documents, by address. */
  get documents(): ReadonlyMap<string, DocumentHandle> {
    return this.#tab.state === 'open' ? this.#tab.documents : new Map();
  }

  /** What its connection calls itself; `closed` without a tab. */
  get connection(): string {
    return this.#tab.state === 'open' ? this.#tab.weft.connection.get().state : 'closed';
  }

  get conversation(): ConversationHandle | undefined {
    return this.#tab.state === 'open' ? this.#tab.conversation : undefined;
  }

  /** How its storage does. */
  set health(health: StorageHealth) {
    if (health !== 'well') this.#browser.refused = true;
    this.#browser.storage.health = health;
  }

  /** Bytes that its browser gives it room for. */
  set quota(bytes: number) {
    if (bytes !== Number.POSITIVE_INFINITY) this.#browser.refused = true;
    this.#browser.storage.quota = bytes;
  }

  /**
   * Its storage loses something by itself: a record, or everything.
   * @returns whether it did
   */
  lose(what: 'record' | 'everything', random: SimRandom): boolean {
    const { storage } = this.#browser;
    const tables = ['updates', 'snapshots', 'outbox'] as const;
    if (what === 'everything') storage.evict();
    else if (storage.corrupt('weft', random.pick(tables), random) === undefined) return false;
    this.#browser.refused = true;
    return true;
  }

  /** Whoever issues tokens cannot be reached from it for so long. */
  withoutTokens(ms: number): void {
    this.#tokenlessUntil = this.#options.scheduler.now + ms;
  }

  /** Commands that its storage holds as not sent; none is told of where it refused to write meanwhile. */
  get keeps(): number {
    const records = this.#browser.storage.tables('weft')?.get('outbox')?.records.values() ?? [];
    if (this.#browser.refused) return 0;
    return [...records].filter((record) => v.is(queuedSchema, record)).length;
  }

  /** Opens a tab, if there is none. */
  open(): void {
    if (this.#tab.state !== 'none') return;
    const { site, scheduler } = this.#options;
    this.#sessions += 1;
    const process = scheduler.spawn(`${site} tab ${this.#sessions}`);
    this.#tab = { state: 'closing' };
    scheduler.after(0, () => this.#start(process), process);
  }

  /** Does something in the open tab's own process; nothing when there is none. */
  inTab(act: (tab: OpenTab) => void): void {
    const tab = this.#tab;
    if (tab.state !== 'open') return;
    this.#options.scheduler.after(0, () => act(tab), tab.process);
  }

  edit(action: EditAction): void {
    this.inTab(({ documents }) => {
      const handle = documents.get(action.document);
      if (handle !== undefined) edit(handle.doc, action);
    });
  }

  say(text: string): void {
    const { messages, changes } = this.#options;
    this.inTab(({ conversation }) => {
      const kept = messages.asked(this.site, text);
      // A device that fails answers when the server has it, or not at all: then nothing was promised.
      const known = changes.asked(this.site);
      conversation.send(text).then(
        (id) => {
          kept();
          known(id);
        },
        () => undefined,
      );
    });
  }

  /** Changes, answers or reads one of the messages that are shown; comes or goes. */
  change({ kind, at, text }: MessageChange): void {
    const { messages, changes, person } = this.#options;
    this.inTab(({ conversation }) => {
      if (kind === 'join' || kind === 'leave') {
        const moved = changes.asked(this.site, true);
        const made = kind === 'join' ? conversation.join() : conversation.leave();
        made.then(moved, () => undefined);
        return;
      }
      const me = subOf(person);
      const stored = conversation.timeline.get().flatMap((item) => {
        if (item.state !== 'stored' || item.message.membership !== undefined) return [];
        const own = kind === 'edit' || kind === 'delete';
        return own && item.message.author !== me ? [] : [item.id];
      });
      const id = stored[Math.min(stored.length - 1, Math.floor(at * stored.length))];
      if (id === undefined) return;
      if (kind === 'read') {
        conversation.markRead(id);
        return;
      }
      const known = changes.asked(this.site);
      const kept = kind === 'reply' ? messages.asked(this.site, text) : undefined;
      const made = {
        edit: () => conversation.edit(id, text),
        delete: () => conversation.delete(id),
        react: () => conversation.react(id, text),
        unreact: () => conversation.unreact(id, text),
        pin: () => conversation.pin(id),
        unpin: () => conversation.unpin(id),
        reply: () => conversation.send(text, { reply: id }),
      }[kind]();
      made.then(
        (command) => {
          kept?.();
          known(command);
        },
        () => undefined,
      );
    });
  }

  point(document: string, at: number): void {
    this.inTab(({ documents }) => {
      documents.get(document)?.awareness.setLocalStateField('cursor', at);
    });
  }

  /** Leaves a document and comes back. */
  revisit(document: string, away: number): void {
    this.inTab((tab) => {
      const handle = tab.documents.get(document);
      if (handle === undefined) return;
      tab.documents.delete(document);
      handle.close();
      this.#options.scheduler.after(away, () => this.#visit(tab, document));
    });
  }

  /** The tab is killed. */
  kill(): void {
    const tab = this.#tab;
    if (tab.state !== 'open') return;
    tab.process.kill();
    tab.shared?.kill();
    this.#tab = { state: 'none' };
    this.#reap();
  }

  /** The tab closes properly. */
  close(): void {
    this.inTab((tab) => {
      if (this.#tab !== tab) return;
      this.#tab = { state: 'closing' };
      void tab.weft.close().then(() => {
        tab.process.kill();
        tab.shared?.kill();
        this.#tab = { state: 'none' };
        // It waited for the device, which may have failed: what was not called safe may be gone.
        this.#reap();
      });
    });
  }

  #reap(): void {
    const { network, random, ledger } = this.#options;
    network.reap();
    this.#browser.storage.reap(random.fork(`end ${this.#sessions}`));
    ledger.killed();
  }

  #start(process: SimProcess): void {
    const { universe, site, person, issue, scheduler, network, random, messages, changes } =
      this.#options;
    const { wrappers } = universe;
    // What sits between the parts reads frames as they are without sessions.
    const bare = wrappers.sockets !== undefined || wrappers.sending !== undefined;
    const offers = this.#options.sessions && !bare;
    const session = random.fork(`session ${this.#sessions}`);
    const draws = wrappers.sameDraws === true ? random.fork('session') : session;
    const storage = session.fork('device');
    const now = () => SIM_EPOCH + scheduler.now + this.#browser.skew;
    const timer = (ms: number, fire: () => void) => scheduler.after(ms, fire, process);
    const shared = this.#browser.hub?.tab(
      (run) => void scheduler.after(2 * storage.next(), run, process),
    );
    const own = universe.openDevice({
      name: 'weft',
      env: {
        factory: this.#browser.storage.factory({
          later: (ms, run) => void scheduler.after(ms, run, process),
          alive: () => process.alive,
          random: storage,
        }),
        now,
        random: () => storage.next(),
        timer,
        onPresence: () => () => undefined,
        jottings: this.#browser.jottings,
        locks: shared === undefined ? undefined : tabLocks(shared),
        storage: undefined,
      },
    });
    const store = wrappers.device?.(own) ?? own;
    const weft = universe.createWeft({
      url: 'ws://sim/sync',
      token: issue === undefined ? person : async () => this.#token(issue),
      store,
      env: {
        now,
        random: () => draws.next(),
        timer,
        socket: (_url, protocol) =>
          network.connect(site, wrappers.sending, offers ? protocol : undefined),
        onHurry: () => () => undefined,
        ...(shared === undefined
          ? {}
          : {
              channel: (name, receive) => shared.channel(name, receive),
              lock: (name, held) => shared.lock(name, held),
            }),
      },
      ...(shared === undefined ? {} : { tabs: 'weft' }),
    });
    const conversation = weft.conversation(CONVERSATION);
    conversation.timeline.subscribe(() => messages.shown(site, conversation.timeline.get()));
    conversation.receipts.subscribe(() => {
      changes.receipts(site, conversation.receipts.get(), messages.durable);
    });
    const tab: OpenTab = {
      state: 'open',
      process,
      weft,
      shared,
      documents: new Map(),
      conversation,
    };
    this.#tab = tab;
    for (const document of this.#options.documents) this.#visit(tab, document);
  }

  #token(issue: () => string): string {
    if (this.#options.scheduler.now < this.#tokenlessUntil) throw new Error('Nobody answers.');
    return issue();
  }

  #visit(tab: OpenTab, address: string): void {
    if (this.#tab !== tab || tab.documents.has(address)) return;
    const { ledger } = this.#options;
    const handle = tab.weft.document(address.slice('document/'.length));
    tab.documents.set(address, handle);
    if (this.#watched.has(handle.doc)) return;
    this.#watched.add(handle.doc);
    handle.doc.on(
      'update',
      (update: Uint8Array, _origin: unknown, _doc: Y.Doc, by: Y.Transaction) => {
        if (by.local) ledger.issued(address, update);
      },
    );
    handle.status.subscribe(() => {
      // Before the device is read, the status speaks of nothing that was done before.
      if (handle.phase.get() !== 'loading') ledger.told(address, handle.status.get());
    });
    void handle.loaded.then(() => ledger.loaded(address, handle.doc));
  }
}
