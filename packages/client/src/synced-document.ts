import {
  type DocumentFrame,
  type ErrorCode,
  MessageType,
  type Refused,
  SyncType,
  type Uploads,
  WeftError,
  backoffDelay,
  disconnected,
  encodeAuth,
  encodeAwareness,
  encodeBare,
  encodeSyncStep1,
  encodeWrite,
  errorDefinition,
  forgotten,
  found,
  isErrorCode,
  made,
  refusedWrite,
  sent,
  sentAll,
  startUploads,
  storedUpTo,
  waiting,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { DocumentAccess, DocumentStatus, Environment } from './api.ts';
import { Keeper } from './keeper.ts';
import { EMPTY_UPDATE, mergeUpdates } from './merge.ts';
import { type Derived, type Signal, derived, report, signal } from './observable.ts';
import { Presence } from './presence.ts';

/** How a document reaches its server while the connection is online. */
export interface Link {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The number of the document's next write on this socket. */
  nextWrite(address: string): number;
  /** That number was used. */
  wrote(address: string): void;
}

export interface SyncedDocumentOptions {
  readonly address: string;
  readonly env: Environment;
  readonly store: DeviceStore;
  /** Whether people are shown in it; segments of conversations have nobody in them. */
  readonly presence: boolean;
  readonly refused: (code: ErrorCode, message: string) => void;
  /** The server answered whether this document may be opened, or the document gave up asking. */
  readonly answered: () => void;
  /** The status, or what waits, has changed. */
  readonly changed: () => void;
}

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

/** Milliseconds after loading before many records are folded into one: not while the page is being painted. */
const FOLD_DELAY = 2_000;

/**
 * One Yjs document: on the device, on the wire, and what is known about both. Opens from the device first; then,
 * on each socket: auth → both state vectors → the difference each way → single changes.
 */
export class SyncedDocument {
  readonly address: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness | undefined;
  readonly loaded: Promise<void>;
  readonly synced: Promise<void>;
  readonly phase: Signal<'loading' | 'local' | 'synced'> = signal('loading');
  readonly access: Signal<DocumentAccess> = signal<DocumentAccess>({ state: 'unknown' });
  readonly status: Derived<DocumentStatus>;
  readonly #options: SyncedDocumentOptions;
  readonly #keeper: Keeper;
  readonly #presence: Presence | undefined;
  /** Origins of what is not made here: from the server, from the device. */
  readonly #remote = { from: 'weft-server' };
  readonly #device = { from: 'weft-device' };
  #uploads: Uploads = startUploads(0);
  #net: Net = { state: 'detached' };
  /** Changes since the last flush. */
  #local: Uint8Array[] = [];
  #received: Uint8Array[] = [];
  #flushing = false;
  #destroyed = false;
  #resolveSynced: () => void = () => undefined;
  #retries = 0;
  readonly #cancels = new Set<() => void>();
  #cancelFold: () => void = () => undefined;
  /** Records of the device that could not be read: while there are any, nothing says *stored*. */
  #damaged = 0;

  constructor(options: SyncedDocumentOptions) {
    this.#options = options;
    this.address = options.address;
    this.doc = new Y.Doc();
    // A fresh id at each load: two documents that write under one client id diverge for ever.
    this.doc.clientID = Math.floor(options.env.random() * 2 ** 32);
    if (options.presence) {
      this.awareness = new Awareness(this.doc);
      this.#presence = new Presence(this.awareness, options.env);
    }
    this.status = derived(() => this.#computeStatus(), sameStatus);
    this.#keeper = new Keeper(options.store, options.address, () => {
      // The server may have been quicker than the device.
      this.#keeper.mark(this.#uploads);
      this.#told();
    });
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
    this.doc.on('afterTransaction', (transaction) => {
      // Yjs would write deletes of its own after concurrent formatting. A reader cannot send them, and a document
      // that is only opened must not change.
      if (!transaction.local && this.access.get().state !== 'editor') {
        transaction._needFormattingCleanup = false;
      }
    });
    this.doc.on('update', (update, origin) => this.#updated(update, origin));
    this.loaded = this.#load();
  }

  /** Local changes that the server is not known to have. */
  get waiting(): number {
    return waiting(this.#uploads);
  }

  /** Asks the server for this document. Call it after `loaded`, once per socket. */
  open(link: Link): void {
    if (this.#destroyed) return;
    this.#uploads = disconnected(this.#uploads, link.nextWrite(this.address));
    this.#net = { state: 'opening', link };
    link.send(encodeAuth(this.address, ''));
  }

  /** The socket is gone. */
  detach(): void {
    this.#net = { state: 'detached' };
    this.#uploads = disconnected(this.#uploads);
    this.#presence?.detach();
    this.#cancelTimers();
  }

  /** The server has another history: nothing counts as stored. The store has been told already. */
  forget(): void {
    this.#uploads = forgotten(this.#uploads);
    this.#keeper.forget(this.#uploads.made);
    this.#told();
  }

  /** Takes what the server said. @throws WeftError `frame-invalid`, or an error of lib0 for damaged bytes */
  receive(frame: DocumentFrame): void {
    const net = this.#net;
    switch (frame.type) {
      case 'denied':
        this.#answered({ state: 'denied', code: frame.code });
        break;
      case 'authenticated':
        this.#answered({ state: frame.writer ? 'editor' : 'reader' });
        break;
      case 'query-awareness':
        this.#presence?.answer();
        break;
      // Before the server opened it, nothing else counts: the state vectors to come cover what was missed.
      case 'step1':
        if (net.state === 'open' && net.writer) this.#writeAll(net.link, frame.stateVector);
        break;
      case 'step2':
        if (net.state !== 'open') break;
        this.#applyRemote(frame.update);
        this.#resolveSynced();
        this.phase.set('synced');
        break;
      case 'update':
        if (net.state === 'open') this.#applyRemote(frame.update);
        break;
      case 'awareness':
        if (net.state === 'open') this.#presence?.receive(frame.update);
        break;
      case 'close':
        if (net.state === 'open') this.#closedByServer(net.link);
        break;
      case 'other':
        break;
      default: {
        const unreachable: never = frame;
        return unreachable;
      }
    }
  }

  /** The server committed all writes of this socket up to `n`. */
  stored(n: number): void {
    const before = this.#uploads;
    this.#uploads = storedUpTo(before, n);
    if (this.#uploads === before) return;
    this.#retries = 0;
    this.#keeper.mark(this.#uploads);
    this.#told();
  }

  /** The server refused one write. */
  refused(refusal: Refused): void {
    const before = this.#uploads;
    this.#uploads = refusedWrite(before, refusal.n);
    if (this.#uploads === before || this.#net.state !== 'open') return;
    const code: ErrorCode = isErrorCode(refusal.code) ? refusal.code : 'internal';
    const { link, writer } = this.#net;
    // What follows builds on what was refused: single changes are held back until a full write is accepted.
    this.#net = { state: 'open', link, writer, ready: false };
    if (errorDefinition(code).retry === 'later') this.#later(() => this.askAgain());
    else this.#options.refused(code, refusal.message);
    if (code === 'read-only') this.#setAccess({ state: 'reader' });
    this.#told();
  }

  /** Tells the server what is here; it answers with what is missing here and with what it has itself. */
  askAgain(): void {
    if (this.#net.state !== 'open') return;
    this.#net.link.send(encodeSyncStep1(this.address, Y.encodeStateVector(this.doc)));
  }

  /** Hands everything made so far to the device and the socket, and resolves when the device has it. */
  async flush(): Promise<void> {
    await this.loaded;
    this.#flush();
    await this.#keeper.settled();
  }

  /** Takes the person's state away from the document: they left it. */
  leave(): void {
    this.#presence?.leave();
  }

  /** The person is back in a document that was still being sent. */
  return(): void {
    if (this.awareness?.getLocalState() === null) this.awareness.setLocalState({});
  }

  /**
   * Ends it. What was made is still handed to the device.
   * @param keep `false` drops what came from the server and is not on the device yet: it belongs to another history
   * @returns whether the server was asked to close it, and will say so
   */
  destroy(keep = true): boolean {
    if (this.#destroyed) return false;
    if (!keep) this.#received = [];
    this.#flush(true);
    this.leave();
    const net = this.#net;
    const asked = net.state === 'open' || net.state === 'opening';
    if (asked) net.link.send(encodeBare(this.address, MessageType.Close));
    this.#destroyed = true;
    this.#net = { state: 'detached' };
    this.#presence?.detach();
    this.#cancelTimers();
    this.#cancelFold();
    this.doc.destroy();
    return asked;
  }

  /** Resolves when the device has, or has refused, everything of a document that was destroyed. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  async #load(): Promise<void> {
    const held = await this.#keeper.load();
    if (this.#destroyed) return;
    if (held !== undefined) {
      this.#applyHeld(held.updates);
      this.#uploads = found(this.#uploads, held.unstored, held.local - held.unstored);
      this.#cancelFold = this.#options.env.timer(FOLD_DELAY, () => this.#keeper.fold());
    }
    this.phase.set('local');
    this.#flush();
    this.#told();
  }

  /** Applies what the device held in one transaction. What is damaged is told of; the server may have it. */
  #applyHeld(updates: readonly Uint8Array[]): void {
    Y.transact(
      this.doc,
      () => {
        for (const update of updates) {
          try {
            Y.applyUpdate(this.doc, update, this.#device);
          } catch {
            this.#damaged += 1;
          }
        }
      },
      this.#device,
      false,
    );
    if (this.#damaged > 0) {
      this.#options.refused('device-failed', errorDefinition('device-failed').message);
    }
  }

  #updated(update: Uint8Array, origin: unknown): void {
    if (origin === this.#device) return;
    if (origin === this.#remote) {
      this.#received.push(update);
    } else {
      this.#local.push(update);
      this.#uploads = made(this.#uploads);
      this.status.invalidate();
      // Told at the first change of a burst, and then once per flush.
      if (this.#local.length === 1) this.#told();
    }
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushing || this.phase.get() === 'loading') return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  /** @param ending also before the device is read: there is no later */
  #flush(ending = false): void {
    this.#flushing = false;
    if (this.#destroyed || (this.phase.get() === 'loading' && !ending)) return;
    const received = this.#received;
    this.#received = [];
    if (received.length > 0) this.#keeper.remote(mergeUpdates(received));
    const local = this.#local;
    if (local.length === 0) return;
    this.#local = [];
    const update = mergeUpdates(local);
    const upTo = this.#uploads.made;
    this.#keeper.local(update, { from: upTo - local.length, upTo });
    // A full write that left since may carry these changes already; the device still needed them.
    if (this.#net.state === 'open' && this.#net.ready && this.#uploads.written !== upTo) {
      this.#net.link.send(encodeWrite(this.address, SyncType.Update, update, this.#uploads.next));
      this.#net.link.wrote(this.address);
      this.#uploads = sent(this.#uploads);
    }
    this.#told();
  }

  #answered(access: Exclude<DocumentAccess, { state: 'unknown' }>): void {
    if (this.#net.state === 'detached') return;
    const { link } = this.#net;
    if (access.state === 'denied') {
      this.#net = { state: 'shut', link };
      this.#presence?.detach();
      if (errorDefinition(access.code).retry === 'later') this.#later(() => this.open(link));
      else this.#setAccess(access);
    } else {
      this.#setAccess(access);
      this.#net = { state: 'open', link, writer: access.state === 'editor', ready: false };
      this.askAgain();
      if (this.#presence !== undefined) {
        this.#presence.attach((update) => link.send(encodeAwareness(this.address, update)));
        link.send(encodeBare(this.address, MessageType.QueryAwareness));
      }
    }
    this.#options.answered();
  }

  /** Sends all that a state vector lacks. @throws an error of lib0's decoder when the vector cannot be read */
  #writeAll(link: Link, stateVector: Uint8Array): void {
    const update = Y.encodeStateAsUpdate(this.doc, stateVector);
    this.#net = { state: 'open', link, writer: true, ready: true };
    // With nothing to say and nothing waiting, a write would only cost the server a commit.
    const nothing = update.length === EMPTY_UPDATE.length && this.waiting === 0;
    if (!nothing) {
      link.send(encodeWrite(this.address, SyncType.Step2, update, this.#uploads.next));
      link.wrote(this.address);
    }
    this.#uploads = nothing
      ? { ...this.#uploads, written: this.#uploads.made }
      : sentAll(this.#uploads);
  }

  #applyRemote(update: Uint8Array): void {
    try {
      Y.applyUpdate(this.doc, update, this.#remote);
    } catch (error) {
      if (!decodes(update)) throw new WeftError('frame-invalid', 'An update.', { cause: error });
      // A whole update that throws: an observer of the embedder's did.
      report(error);
    }
  }

  #closedByServer(link: Link): void {
    this.#net = { state: 'shut', link };
    this.#presence?.detach();
    this.#later(() => this.open(link));
  }

  /** Does something after a delay that grows with each time until something is stored. */
  #later(act: () => void): void {
    const { env } = this.#options;
    const cancel = env.timer(backoffDelay(this.#retries, env.random()), () => {
      this.#cancels.delete(cancel);
      if (!this.#destroyed) act();
    });
    this.#cancels.add(cancel);
    this.#retries += 1;
  }

  #cancelTimers(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #setAccess(access: DocumentAccess): void {
    const now = this.access.get();
    const sameCode =
      now.state !== 'denied' || access.state !== 'denied' || now.code === access.code;
    if (now.state !== access.state || !sameCode) this.access.set(access);
  }

  #computeStatus(): DocumentStatus {
    const count = this.waiting + this.#damaged;
    // Before the device is read, nobody knows what waits on it.
    if (this.phase.get() === 'loading' && count === 0) return { state: 'local', waiting: 0 };
    if (count === 0) return { state: 'stored', waiting: 0 };
    const kept = this.#local.length === 0 && this.#keeper.isKept(this.#uploads);
    return { state: kept ? 'local' : 'unsaved', waiting: count };
  }

  #told(): void {
    this.status.notify();
    this.#options.changed();
  }
}

function sameStatus(a: DocumentStatus, b: DocumentStatus): boolean {
  return a.state === b.state && a.waiting === b.waiting;
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
