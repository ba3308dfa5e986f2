import {
  type ChangeRange,
  type DocumentFrame,
  type ErrorCode,
  MessageType,
  type Refused,
  type Role,
  SyncType,
  UPLOAD_PART_BYTES,
  type Uploads,
  WeftError,
  allStored,
  backoffDelay,
  disconnected,
  encodeAuth,
  encodeBare,
  encodeSyncStep1,
  encodeWrite,
  errorDefinition,
  forgotten,
  found,
  isErrorCode,
  made,
  mayWrite,
  refusedWrite,
  sent,
  sentAll,
  startUploads,
  storedUpTo,
  waiting,
} from '@weft/protocol';
import * as Y from 'yjs';
import type { DocumentAccess, Environment } from './api.ts';
import { EMPTY_UPDATE } from './merge.ts';
import { report } from './observable.ts';
import { parts, whenHere } from './parts.ts';
import type { OthersWork } from './others-work.ts';

/** How a document reaches its server while the connection is online. */
export interface Link {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The number of the document's next write on this socket. */
  nextWrite(address: string): number;
  /** That number was used. */
  wrote(address: string): void;
}

export interface UplinkOptions {
  readonly address: string;
  readonly doc: Y.Doc;
  readonly env: Environment;
  /** Yjs origin of what comes from the server. */
  readonly origin: object;
  /** Work of this person's other tabs that is in `doc`. */
  readonly others: OthersWork;
  /** Whether another tab will bring to the server what waits on this device. */
  readonly defers: () => boolean;
  readonly handlers: {
    /** The server said whether this document may be opened, and how. */
    readonly answered: (access: KnownAccess) => void;
    /** Open on a socket from now on; frames about presence may be sent. */
    readonly opened: (link: Link) => void;
    /** Open no more. */
    readonly shut: () => void;
    /** Everything that the server had when it was asked is here. */
    readonly synced: () => void;
    /** The server will never take what was sent, or anything: what this document holds beyond it must be sorted out. */
    readonly refused: (code: ErrorCode, message: string) => void;
  };
}

/** Gaps in a row, after each of which state vectors were compared, before what is refused is sorted out. */
const GAPS_MAX = 3;

/** Milliseconds for which a tab leaves it to the lead to bring what waits; once per socket. */
const DEFER = 1_000;

/** Milliseconds after which work of another tab that was not called stored is brought from here: it may be gone. */
const OTHERS_MAX = 5_000;

type KnownAccess = Exclude<DocumentAccess, { state: 'unknown' }>;

/** Where the document stands with the present socket. */
type Net =
  | { readonly state: 'detached' }
  /** Asked whether it may be opened. */
  | { readonly state: 'opening'; readonly link: Link }
  /** Open. `ready`: the first full write has left, so single changes may follow. */
  | {
      readonly state: 'open';
      readonly link: Link;
      readonly writer: boolean;
      readonly ready: boolean;
    }
  /** Denied, or closed by the server until something changes. */
  | { readonly state: 'shut'; readonly link: Link };

/**
 * A document's exchange with its server, on each socket anew: auth → both state vectors → the difference each way
 * → single changes. What is sent, stored and refused is counted by the `Uploads` machine of @weft/protocol.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  #uploads: Uploads = startUploads(0);
  #net: Net = { state: 'detached' };
  /** What the server said that this person may do here. */
  #role: Role | undefined;
  #retries = 0;
  #cancelRetry: (() => void) | undefined;
  #mayDefer = true;
  #cancelDefer: (() => void) | undefined;
  #cancelOthers: (() => void) | undefined;
  /** Set while much waits for the code that sends it in parts: stops that. */
  #cancelSplit: (() => void) | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Local changes so far. */
  get made(): number {
    return this.#uploads.made;
  }

  /** Local changes, those of other tabs included, that the server is not known to have. */
  get waiting(): number {
    return waiting(this.#uploads) + this.#options.others.waiting;
  }

  get isOpen(): boolean {
    return this.#net.state === 'open';
  }

  /** Whether the server has all of these changes. */
  readonly hasStored = (changes: ChangeRange): boolean => allStored(this.#uploads, changes);

  /** Local changes were made. */
  change(changes = 1): void {
    this.#uploads = made(this.#uploads, changes);
  }

  /** The device was read, and held changes of earlier sessions. */
  found(unstored: number, stored: number): void {
    this.#uploads = found(this.#uploads, unstored, stored);
  }

  /** Asks the server for this document: once per socket, after the device was read. */
  open(link: Link): void {
    const { address } = this.#options;
    this.#uploads = disconnected(this.#uploads, link.nextWrite(address));
    this.#mayDefer = true;
    this.#net = { state: 'opening', link };
    link.send(encodeAuth(address, ''));
  }

  /** Goes on where another exchange of this document stands: it is open, and nothing was sent yet. */
  adopt(link: Link, writer: boolean): void {
    this.#uploads = disconnected(this.#uploads, link.nextWrite(this.#options.address));
    this.#net = { state: 'open', link, writer, ready: false };
    this.#options.handlers.opened(link);
  }

  /** The server said what this person may do here: before it opens the document, or because that has changed. */
  rights(role: Role): void {
    const net = this.#net;
    this.#role = role;
    if (net.state === 'shut') {
      this.#stopRetry();
      this.open(net.link);
    }
    if (net.state !== 'open') return;
    const { handlers } = this.#options;
    const writer = mayWrite(role);
    handlers.answered({ state: role });
    if (writer === net.writer) return;
    this.#net = { state: 'open', link: net.link, writer, ready: false };
    if (writer) this.askAgain();
    else if (this.waiting > 0) handlers.refused('read-only', errorDefinition('read-only').message);
  }

  /** Sends a frame that is no write, if the document is open. */
  say(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#net.state === 'open') this.#net.link.send(frame);
  }

  /** The socket is gone. */
  detach(): void {
    this.#net = { state: 'detached' };
    this.#uploads = disconnected(this.#uploads);
    this.#options.others.disconnected();
    this.#stopRetry();
    this.#stopDeferring();
    this.#cancelOthers?.();
    this.#cancelOthers = undefined;
    this.#cancelSplit?.();
    this.#cancelSplit = undefined;
    this.#options.handlers.shut();
  }

  /** Ends the exchange. @returns whether the server was asked to close the document, and will say so */
  close(): boolean {
    const net = this.#net;
    const asked = net.state === 'open' || net.state === 'opening';
    if (asked) net.link.send(encodeBare(this.#options.address, MessageType.Close));
    this.detach();
    return asked;
  }

  /** The server has another history: nothing counts as stored. */
  forget(): void {
    this.#uploads = forgotten(this.#uploads);
    this.#options.others.disconnected();
  }

  /** Another tab has made changes, and will send them. */
  othersWork(): void {
    const { env, others } = this.#options;
    if (this.#net.state !== 'open' || this.#cancelOthers !== undefined) return;
    const wait = (ms: number) => {
      this.#cancelOthers = env.timer(ms, () => {
        this.#cancelOthers = undefined;
        if (others.since === undefined) return;
        const left = others.since + OTHERS_MAX - env.now();
        if (left > 0) wait(left);
        else this.askAgain();
      });
    };
    wait(OTHERS_MAX);
  }

  /** The server has what another tab brought. */
  othersStored(): void {
    if (this.#stopDeferring()) this.askAgain();
  }

  /** Tells the server what is here; it answers with what is missing here and with what it has itself. */
  askAgain(): void {
    if (this.#net.state !== 'open') return;
    const { address, doc } = this.#options;
    this.#net.link.send(encodeSyncStep1(address, Y.encodeStateVector(doc)));
  }

  /** Sends the newest local changes, if the server can take single ones now and has not got them with all others. */
  send(update: Uint8Array): void {
    const net = this.#net;
    if (net.state !== 'open' || !net.ready || this.#uploads.written === this.#uploads.made) return;
    this.#write(net.link, SyncType.Update, update);
    this.#uploads = sent(this.#uploads);
  }

  /** The server committed all writes of this socket up to `n`. @returns whether that tells anything new */
  stored(n: number): boolean {
    const before = this.#uploads;
    this.#uploads = storedUpTo(before, n);
    if (this.#uploads === before) return false;
    this.#retries = 0;
    return true;
  }

  /** The server refused one write. */
  refused(refusal: Refused): void {
    const before = this.#uploads;
    this.#uploads = refusedWrite(before, refusal.n);
    this.#options.others.refusedWrite(refusal.n);
    if (this.#uploads === before || this.#net.state !== 'open') return;
    const code: ErrorCode = isErrorCode(refusal.code) ? refusal.code : 'internal';
    const { link } = this.#net;
    const writer = this.#net.writer && code !== 'read-only';
    // What follows builds on what was refused: single changes are held back until a full write has left.
    this.#net = { state: 'open', link, writer, ready: false };
    if (code === 'read-only') this.#options.handlers.answered(accessOf(false, this.#role));
    // A full write holds all that is here and not there: what it still lacks, nobody may have any more.
    const lasting = code === 'update-gap' && this.#retries >= GAPS_MAX;
    if (lasting || errorDefinition(code).retry === 'never') {
      this.#options.handlers.refused(code, refusal.message);
    } else this.#later(() => this.askAgain());
  }

  /**
   * Takes what the server said; presence is not for here. Before the server opened the document nothing else
   * counts: the state vectors to come cover what was missed.
   * @throws WeftError `frame-invalid`
   */
  receive(
    frame: Exclude<DocumentFrame, { type: 'awareness' | 'query-awareness' | 'other' }>,
  ): void {
    const net = this.#net;
    if (net.state === 'detached') return;
    if (frame.type === 'denied') this.#denied(net.link, frame.code);
    else if (frame.type === 'authenticated') this.#authenticated(net.link, frame.writer);
    if (net.state !== 'open') return;
    switch (frame.type) {
      case 'step1':
        if (net.writer && !this.#defer()) this.#writeAll(net.link, frame.stateVector);
        break;
      case 'step2':
        this.#apply(frame.update);
        this.#options.handlers.synced();
        break;
      case 'update':
        this.#apply(frame.update);
        break;
      case 'close':
        this.#net = { state: 'shut', link: net.link };
        this.#options.handlers.shut();
        this.#later(() => this.open(net.link));
        break;
      case 'denied':
      case 'authenticated':
        break;
      default: {
        const unreachable: never = frame;
        return unreachable;
      }
    }
  }

  #denied(link: Link, code: ErrorCode): void {
    const { handlers } = this.#options;
    this.#net = { state: 'shut', link };
    this.#stopRetry();
    handlers.shut();
    if (errorDefinition(code).retry === 'later') this.#later(() => this.open(link));
    else handlers.answered({ state: 'denied', code });
  }

  #authenticated(link: Link, writer: boolean): void {
    const { handlers } = this.#options;
    handlers.answered(accessOf(writer, this.#role));
    this.#net = { state: 'open', link, writer, ready: false };
    if (!writer && this.waiting > 0) {
      handlers.refused('read-only', errorDefinition('read-only').message);
      return;
    }
    this.askAgain();
    handlers.opened(link);
  }

  /** Two tabs that both brought what waits on their device would send all of it twice. */
  #defer(): boolean {
    const { env, defers } = this.#options;
    if (this.#cancelDefer !== undefined) return true;
    if (!this.#mayDefer || this.waiting === 0 || !defers()) return false;
    this.#mayDefer = false;
    this.#cancelDefer = env.timer(DEFER, () => {
      this.#cancelDefer = undefined;
      this.askAgain();
    });
    return true;
  }

  /** @returns whether it was waiting for another tab */
  #stopDeferring(): boolean {
    const cancel = this.#cancelDefer;
    this.#cancelDefer = undefined;
    cancel?.();
    return cancel !== undefined;
  }

  /** Sends all that the server lacks. */
  #writeAll(link: Link, stateVector: Uint8Array): void {
    const update = Y.encodeStateAsUpdate(this.#options.doc, stateVector);
    const large = update.length > UPLOAD_PART_BYTES;
    const split = parts.split.now;
    if (large && split === undefined) {
      this.#cancelSplit ??= whenHere(parts.split, this.#options.env, () => {
        this.#cancelSplit = undefined;
        this.askAgain();
      });
      return;
    }
    this.#net = { state: 'open', link, writer: true, ready: true };
    // With nothing to say and nothing waiting, a write would only cost the server a look.
    if (update.length === EMPTY_UPDATE.length && this.waiting === 0) {
      this.#uploads = { ...this.#uploads, written: this.#uploads.made };
      return;
    }
    const pieces =
      large && split !== undefined ? split.splitUpdate(update, UPLOAD_PART_BYTES) : [update];
    for (const [index, part] of pieces.entries()) {
      const type = index === pieces.length - 1 ? SyncType.Step2 : SyncType.Update;
      this.#write(link, type, part, this.#uploads.next + index);
    }
    this.#options.others.sentAll(this.#uploads.next, this.#uploads.next + pieces.length - 1);
    this.#uploads = sentAll(this.#uploads, pieces.length);
  }

  #write(
    link: Link,
    type: typeof SyncType.Step2 | typeof SyncType.Update,
    update: Uint8Array,
    n = this.#uploads.next,
  ): void {
    const { address } = this.#options;
    link.send(encodeWrite(address, type, update, n));
    link.wrote(address);
  }

  #apply(update: Uint8Array): void {
    const { doc, origin } = this.#options;
    try {
      Y.applyUpdate(doc, update, origin);
    } catch (error) {
      if (!decodes(update)) throw new WeftError('frame-invalid', 'An update.', { cause: error });
      // A whole update that throws: an observer of the embedder's did.
      report(error);
    }
  }

  /** Does something after a delay that grows with each time until something is stored; one thing at a time. */
  #later(act: () => void): void {
    if (this.#cancelRetry !== undefined) return;
    const { env } = this.#options;
    this.#cancelRetry = env.timer(backoffDelay(this.#retries, env.random()), () => {
      this.#cancelRetry = undefined;
      act();
    });
    this.#retries += 1;
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}

/** The role as the server said it, where that fits with what it lets this person do; the plainest that does otherwise. */
function accessOf(writer: boolean, role: Role | undefined): KnownAccess {
  if (role !== undefined && mayWrite(role) === writer) return { state: role };
  return { state: writer ? 'editor' : 'reader' };
}

/** Whether an update can be read whole. */
function decodes(update: Uint8Array): boolean {
  try {
    Y.decodeUpdate(update);
    return true;
  } catch {
    return false;
  }
}
