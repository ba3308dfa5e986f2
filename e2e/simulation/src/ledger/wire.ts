import {
  type Down,
  FrameReader,
  MessageType,
  SyncType,
  WEFT_ADDRESS,
  decodeDown,
  parseAddress,
  streamName,
} from '@weft/protocol';
import { type Content, contentOf } from '../content.ts';
import { ADVERSARY, TENANT } from '../rules.ts';
import type { AccessLedger } from './access-ledger.ts';
import type { AdmissionLedger } from './admission-ledger.ts';
import type { DurableLog } from './durable-log.ts';
import type { Violations } from './violations.ts';

/** A write that has reached the server and was not answered yet. */
interface PendingWrite {
  readonly n: number;
  /** When it came. */
  readonly at: number;
  /** `undefined` when nobody can read it. */
  readonly content: Content | undefined;
  readonly hostile: Hostile | undefined;
}

/** A write that must be refused. */
export interface Hostile {
  readonly kind: string;
  /** The codes that it may be refused with. */
  readonly codes: readonly string[];
}

/** What messages go over: a socket, or a session with all of its links. */
export interface Line {
  /** Positive for sockets, negative for sessions. */
  readonly id: number;
  readonly site: string;
}

interface LinkLedger {
  readonly line: Line;
  readonly writes: Map<string, PendingWrite[]>;
}

/**
 * Watches the wire between the server and everybody. What the server says is held against what is durable at that
 * very moment: *stored* and *ack* before the commit, and anything shown before it, are found when they are said.
 */
export class WireLedger {
  readonly #violations: Violations;
  readonly #durable: DurableLog;
  readonly #now: () => number;
  readonly #links = new Map<number, LinkLedger>();
  /** Sessions without a link: what is said to them waits, perhaps for ever. */
  readonly #parked = new Set<number>();
  /** Frames that must be refused, by identity: the simulated network hands on the very object that was sent. */
  readonly #hostile = new WeakMap<Uint8Array, Hostile>();
  /** Frames that go to several sockets are one object: looked at once. */
  readonly #seen = new WeakSet<Uint8Array>();
  readonly #shares: (site: string) => boolean;
  readonly #access: AccessLedger | undefined;
  readonly #admission: AdmissionLedger | undefined;
  #refusedHonest = 0;

  /**
   * @param watchers `shares`: whether another tab on the device of a site may have made what it builds on; `access`: where rights or tokens end during the run; `admission`: where there are more people than seats
   */
  constructor(
    violations: Violations,
    durable: DurableLog,
    now: () => number,
    watchers: {
      readonly shares?: (site: string) => boolean;
      readonly access?: AccessLedger | undefined;
      readonly admission?: AdmissionLedger | undefined;
    } = {},
  ) {
    this.#violations = violations;
    this.#durable = durable;
    this.#now = now;
    this.#shares = watchers.shares ?? (() => false);
    this.#access = watchers.access;
    this.#admission = watchers.admission;
  }

  /** This frame, a write, must be refused. */
  expectRefusal(frame: Uint8Array, hostile: Hostile): void {
    this.#hostile.set(frame, hostile);
  }

  /** Writes of honest people that were refused. */
  get refusedHonest(): number {
    return this.#refusedHonest;
  }

  /** A frame reached the server. */
  up(link: Line, frame: Uint8Array): void {
    const hostile = this.#hostile.get(frame);
    // What an adversary sends without a mark may be anything.
    if (hostile === undefined && link.site === ADVERSARY) return;
    const reader = new FrameReader(frame);
    const address = reader.string();
    if (address === WEFT_ADDRESS) return;
    const type = reader.uint();
    if (type !== MessageType.Sync && type !== MessageType.SyncReply) return;
    if (reader.uint() === SyncType.Step1) return;
    const bytes = reader.bytes();
    const write = { n: reader.uint(), at: this.#now(), content: readContent(bytes), hostile };
    if (write.content !== undefined) this.#durable.arrived(streamOf(address), bytes, write.content);
    const { writes } = this.#link(link);
    const list = writes.get(address);
    if (list === undefined) writes.set(address, [write]);
    else list.push(write);
  }

  /** The server sent a frame. */
  down(link: Line, frame: Uint8Array): void {
    this.#access?.down(link, frame);
    this.#admission?.down(link, frame);
    if (this.#seen.has(frame)) return;
    this.#seen.add(frame);
    const reader = new FrameReader(frame);
    const address = reader.string();
    if (address === WEFT_ADDRESS) {
      this.#own(link, decodeDown(reader.decoder));
      return;
    }
    const type = reader.uint();
    if (type === MessageType.Awareness) this.#people(address, reader.bytes());
    if (type !== MessageType.Sync && type !== MessageType.SyncReply) return;
    if (reader.uint() === SyncType.Step1) return;
    const content = readContent(reader.bytes());
    if (content === undefined) {
      this.#violations.add('D3', `${link.site} was sent bytes at ${address} that are no update`);
    } else if (!this.#durable.holds(streamOf(address), content)) {
      this.#violations.add('D3', `${link.site} was shown what is not durable in ${address}`);
    }
  }

  /** The server said again what it had said. */
  again(line: Line, frame: Uint8Array): void {
    this.#access?.down(line, frame);
  }

  /** A socket has ended: what it was not told of, it will never be told of. */
  ended(link: Line): void {
    this.#links.delete(link.id);
    this.#access?.ended(link);
  }

  /** The server knows that a socket, or the link of a session, is gone. */
  left(line: Line, code: number, session: boolean): void {
    this.#access?.parked(line);
    this.#admission?.left(line, code, session);
  }

  /** A session has lost its link. */
  parked(line: Line): void {
    this.#parked.add(line.id);
    this.#access?.parked(line);
  }

  /** It is on another, by this token. */
  live(line: Line, token: string): void {
    this.#parked.delete(line.id);
    this.#access?.live(line, token);
    this.#admission?.live(line);
  }

  /** Whether every write that has reached the server was answered. */
  get answered(): boolean {
    for (const [id, { writes }] of this.#links) {
      if (this.#parked.has(id)) continue;
      for (const list of writes.values()) if (list.length > 0) return false;
    }
    return true;
  }

  /** A write that came so long ago and has no answer, in words, unless it is from this site. */
  late(ms: number, site: string): string | undefined {
    for (const [id, { line, writes }] of this.#links) {
      if (this.#parked.has(id) || line.site === site) continue;
      for (const [address, [first]] of writes) {
        if (first !== undefined && this.#now() - first.at > ms) return `a write at ${address}`;
      }
    }
    return undefined;
  }

  /** The writes without an answer, in words. */
  get unanswered(): string {
    return [...this.#links]
      .flatMap(([id, { writes }]) => (this.#parked.has(id) ? [] : [...writes]))
      .filter(([, list]) => list.length > 0)
      .map(([address, list]) => `${list[0]?.hostile?.kind ?? 'a write'} at ${address}`)
      .join(', ');
  }

  #own(link: Line, message: Down): void {
    switch (message.type) {
      case 'stored':
        this.#stored(link, message.document, message.n);
        break;
      case 'refused':
        this.#refused(link, message.document, message.n, message.code);
        break;
      case 'ack':
        if (message.result.outcome === 'stored') this.#acked(message.id, message.result.sequence);
        break;
      case 'event': {
        const events = this.#durable.events(`${TENANT}/conversation/${message.conversation}`);
        if (message.event > events.length) {
          this.#violations.add(
            'D3',
            `${link.site} heard of event ${message.event} before it was durable`,
          );
        }
        break;
      }
      case 'bye':
        if (message.code === 'internal') {
          this.#violations.add('D9', `${link.site} met an error of the server's own`);
        }
        break;
      // Everything else promises nothing about what is durable.
      default:
        break;
    }
  }

  #stored(link: Line, document: string, n: number): void {
    const { writes } = this.#link(link);
    const list = writes.get(document) ?? [];
    writes.set(
      document,
      list.filter((write) => write.n > n),
    );
    for (const write of list) {
      if (write.n > n) continue;
      if (write.hostile !== undefined) {
        this.#violations.add(
          'D9',
          `the hostile write "${write.hostile.kind}" was taken at ${document}`,
        );
      } else if (
        write.content === undefined ||
        !this.#durable.holds(streamOf(document), write.content)
      ) {
        this.#violations.add('D2', `${link.site} was told stored before ${document} was durable`);
      }
    }
  }

  #refused(link: Line, document: string, n: number, code: string): void {
    const { writes } = this.#link(link);
    const list = writes.get(document) ?? [];
    const write = list.find((candidate) => candidate.n === n);
    if (write === undefined) return;
    writes.set(
      document,
      list.filter((candidate) => candidate !== write),
    );
    const { hostile } = write;
    if (hostile === undefined && code === 'forbidden') {
      if (this.#access?.lost(link, document) === true) return;
    }
    // What another tab made is on its way on another socket: it is asked for again.
    if (hostile === undefined && code === 'update-gap' && this.#shares(link.site)) return;
    if (hostile === undefined) {
      this.#refusedHonest += 1;
      this.#violations.add(
        'D2',
        `an honest write of ${link.site} to ${document} was refused: ${code}`,
      );
    } else if (code !== 'forbidden' && !hostile.codes.includes(code)) {
      // A document that was closed to its socket meanwhile refuses everything.
      this.#violations.add('D9', `the hostile write "${hostile.kind}" was refused as ${code}`);
    }
  }

  #acked(id: string, sequence: number): void {
    if (this.#durable.had(id, sequence)) return;
    this.#violations.add('C4', `message ${id} was acked before it was durable`);
  }

  #people(address: string, update: Uint8Array): void {
    const reader = new FrameReader(update);
    for (let left = reader.uint(); left > 0; left -= 1) {
      const client = reader.uint();
      reader.uint();
      const state: unknown = JSON.parse(reader.string());
      const sub = subOf(state);
      if (sub !== undefined) this.#durable.shown(streamOf(address), client, sub);
    }
  }

  #link(link: Line): LinkLedger {
    const found = this.#links.get(link.id);
    if (found !== undefined) return found;
    const made: LinkLedger = { line: link, writes: new Map() };
    this.#links.set(link.id, made);
    return made;
  }
}

export function streamOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(`${address} is no address.`);
  return streamName(TENANT, parsed);
}

function readContent(bytes: Uint8Array): Content | undefined {
  try {
    return contentOf(bytes);
  } catch {
    return undefined;
  }
}

function subOf(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || !('user' in state)) return undefined;
  const { user } = state;
  if (typeof user !== 'object' || user === null || !('sub' in user)) return undefined;
  return typeof user.sub === 'string' ? user.sub : undefined;
}
