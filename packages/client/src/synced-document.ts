import {
  type Digest,
  type DocumentFrame,
  type ErrorCode,
  MessageType,
  type Refused,
  contentHash,
  encodeAwareness,
  encodeBare,
  encodeWeft,
  errorDefinition,
  stateHash,
} from '@weft/protocol';
import type { DeviceStore, Quarantined } from '@weft/storage';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { DocumentAccess, DocumentStatus, Environment } from './api.ts';
import { IdleCompare } from './idle-compare.ts';
import { Keeper } from './keeper.ts';
import { mergeUpdates } from './merge.ts';
import { type Derived, type Signal, derived, signal } from './observable.ts';
import { Presence } from './presence.ts';
import type { Successor } from './rebuild.ts';
import { type Piece, Unsent } from './unsent.ts';
import { type Link, Uplink } from './uplink.ts';

export interface SyncedDocumentOptions {
  readonly address: string;
  readonly env: Environment;
  readonly store: DeviceStore;
  /** Whether people are shown in it; segments of conversations have nobody in them. */
  readonly presence: boolean;
  /** What it begins with, where it takes the place of another copy; else it begins with what the device holds. */
  readonly successor?: Successor;
  /** The server will never take some of what is here: it must be sorted out. */
  readonly refused: (code: ErrorCode, message: string) => void;
  /** The device holds records that cannot be read. */
  readonly damaged: () => void;
  /** Records of the device could not be read, and it has set them aside. */
  readonly setAside: (entries: readonly Quarantined[]) => void;
  /** The server answered whether this document may be opened. */
  readonly answered: () => void;
  /** The status, or what waits, has changed. */
  readonly changed: () => void;
}

/** Milliseconds after loading before many records are folded into one: not while the page is being painted. */
const FOLD_DELAY = 2_000;

/**
 * One Yjs document: what the device keeps of it (`Keeper`), its exchange with the server (`Uplink`), who is in it
 * (`Presence`), and what is known about all of these. It opens from the device first.
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
  readonly #uplink: Uplink;
  readonly #presence: Presence | undefined;
  readonly #compare: IdleCompare;
  readonly #unsent = new Unsent();
  /** Origins of what is not made here: from the server, from the device. */
  readonly #remote = { from: 'weft-server' };
  readonly #device = { from: 'weft-device' };
  /** Changes since the last flush. */
  #local: Uint8Array[] = [];
  #received: Uint8Array[] = [];
  #flushing = false;
  #begun = false;
  #destroyed = false;
  #resolveSynced: () => void = () => undefined;
  #resolveLoaded: () => void = () => undefined;
  #folding = false;
  #cancelFold: () => void = () => undefined;
  /** The device could not be read: what it holds of this document is not here. */
  #unread = false;
  /** Records of the device that could not be applied: while there are any, nothing says *stored*. */
  #damaged = 0;

  constructor(options: SyncedDocumentOptions) {
    this.#options = options;
    this.address = options.address;
    const { successor } = options;
    this.doc = successor?.doc ?? new Y.Doc();
    // A fresh id at each load: two documents that write under one client id diverge for ever.
    if (successor === undefined) this.doc.clientID = Math.floor(options.env.random() * 2 ** 32);
    if (options.presence) {
      this.awareness = new Awareness(this.doc);
      this.#presence = new Presence(this.awareness, options.env);
    }
    this.#uplink = this.#makeUplink();
    this.#keeper = new Keeper(options.store, options.address, () => {
      // The server may have been quicker than the device.
      this.#keeper.mark(this.#uplink.hasStored);
      this.#told();
    });
    this.#compare = new IdleCompare({
      doc: this.doc,
      env: options.env,
      ready: () => this.#comparable(),
      send: (digest) =>
        this.#uplink.say(encodeWeft({ type: 'digest', document: this.address, ...digest })),
    });
    this.status = derived(() => this.#computeStatus(), sameStatus);
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
    this.doc.on('afterTransaction', (transaction) => {
      // Yjs would write deletes of its own after concurrent formatting. A reader cannot send them, and a document
      // that is only opened must not change.
      if (!transaction.local && this.access.get().state !== 'editor') {
        transaction._needFormattingCleanup = false;
      }
      if (transaction.origin === this.#remote && this.#isOwnIdIn(transaction)) {
        const { message } = errorDefinition('client-id-taken');
        options.refused('client-id-taken', message);
      }
    });
    this.doc.on('update', this.#updated);
    if (successor === undefined) {
      this.loaded = this.#load();
    } else {
      this.loaded = new Promise((resolve) => {
        this.#resolveLoaded = resolve;
      });
      this.#succeed(successor);
    }
  }

  /** Local changes that the server is not known to have. */
  get waiting(): number {
    return this.#uplink.waiting;
  }

  /** Whether the device's part is known, so that the server may be asked. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether it is open on a socket. */
  get isOpen(): boolean {
    return this.#uplink.isOpen;
  }

  /** Asks the server for this document. Call it after `loaded`, once per socket. */
  open(link: Link): void {
    if (!this.#destroyed) this.#uplink.open(link);
  }

  /** The socket is gone. */
  detach(): void {
    this.#uplink.detach();
  }

  /** The server has another history: nothing counts as stored. The store has been told already. */
  forget(): void {
    this.#uplink.forget();
    const { made } = this.#uplink;
    this.#keeper.forget(made, ({ unstoredUpdates }) => {
      this.#unsent.found(unstoredUpdates, made, this.#keeper.misses);
    });
    this.#told();
  }

  /** Takes what the server said. @throws WeftError `frame-invalid` */
  receive(frame: DocumentFrame): void {
    switch (frame.type) {
      case 'awareness':
        if (this.#uplink.isOpen) this.#presence?.receive(frame.update);
        break;
      case 'query-awareness':
        this.#presence?.answer();
        break;
      case 'other':
        break;
      default:
        this.#uplink.receive(frame);
    }
  }

  /** The server committed all writes of this socket up to `n`. @returns whether that tells anything new */
  stored(n: number): boolean {
    if (!this.#uplink.stored(n)) return false;
    this.#keeper.mark(this.#uplink.hasStored);
    this.#unsent.settle(this.#uplink.hasStored);
    if (this.waiting === 0) this.#compareLater();
    this.#told();
    return true;
  }

  /** The server refused one write. */
  refused(refusal: Refused): void {
    this.#uplink.refused(refusal);
    this.#told();
  }

  /** Asks the server for what is missing here. */
  askAgain(): void {
    this.#uplink.askAgain();
  }

  /** Ends the exchange with the server: another copy is being made. @returns whether the server will say that it is closed */
  standDown(): boolean {
    return this.#uplink.close();
  }

  /** The local work that the server is not known to have, in order, up to this very turn. */
  takeUnsent(): readonly Piece[] {
    this.#flush();
    return this.#unsent.pieces;
  }

  /** The device's record that a piece of unsent work is in, if it is in one. */
  recordOf(piece: Piece): number | undefined {
    return piece.record ?? this.#keeper.recordOf(piece.changes);
  }

  /** Numbers of the device's records with local changes that are not known to be stored. */
  get records(): readonly number[] {
    return this.#keeper.records;
  }

  /** Writes nothing more to the device. Resolves when nothing is being written. */
  async hold(): Promise<void> {
    await this.loaded;
    this.#flush();
    await this.#keeper.hold();
  }

  /** Goes on after `hold`. */
  resume(): void {
    this.#keeper.resume();
  }

  /** Takes the place of another copy, which ends: whoever waited for that has this one now. */
  takeOver(former: SyncedDocument): void {
    this.awareness?.setLocalState(former.awareness?.getLocalState() ?? null);
    former.#resolveSynced();
    former.#keeper.handOver();
    former.destroy();
  }

  /**
   * The device holds what this copy began with: from now on its changes are sent.
   * @param records of the local ones; nothing when the device failed
   */
  begin(records: readonly number[] | undefined): void {
    this.#begun = true;
    this.#keeper.expected(records);
    this.#resolveLoaded();
    if (this.#destroyed) return;
    this.askAgain();
    this.#told();
  }

  /** The server will not let this person have the document. */
  deny(code: ErrorCode): void {
    this.#setAccess({ state: 'denied', code });
  }

  /**
   * Compares what is here with what the server has.
   * @returns both content hashes as one text, where they differ at the same state
   */
  differs({ state, content }: Digest): string | undefined {
    if (!this.#comparable() || stateHash(this.doc) !== state) return undefined;
    const own = contentHash(this.doc);
    return own === content ? undefined : `${own}:${content}`;
  }

  /** Hands everything made so far to the device and the socket, and resolves when the device has it. */
  async flush(): Promise<void> {
    await this.loaded;
    this.#flush();
    await this.#keeper.settled();
  }

  /** The device keeps things again: what it could not give is read, what it could not take is handed to it. */
  async recover(): Promise<void> {
    if (this.#destroyed || this.phase.get() === 'loading') return;
    if (this.#unread) {
      const late = await this.#keeper.loadLate(() => this.#uplink.made);
      if (late === undefined || this.#destroyed) return;
      const { held, more } = late;
      this.#unread = false;
      this.#applyHeld(held.updates);
      if (held.damaged !== undefined) this.#options.setAside(held.damaged);
      this.#uplink.change(more);
      this.#unsent.found(held.unstoredUpdates, this.#uplink.made, this.#keeper.misses);
      this.askAgain();
    }
    this.#keeper.retry();
    this.#told();
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
    this.#compare.stop();
    if (!keep) {
      this.#received = [];
      this.#keeper.dropRemote();
    }
    this.#flush(true);
    this.leave();
    this.#destroyed = true;
    const asked = this.#uplink.close();
    this.#cancelFold();
    this.doc.destroy();
    return asked;
  }

  /** Resolves when the device has, or has refused, everything of a document that was destroyed. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  #makeUplink(): Uplink {
    const { address, env, refused, answered } = this.#options;
    return new Uplink({
      address,
      env,
      doc: this.doc,
      origin: this.#remote,
      handlers: {
        answered: (access) => {
          this.#setAccess(access);
          answered();
        },
        opened: (link) => {
          if (this.#presence === undefined) return;
          this.#presence.attach((update) => link.send(encodeAwareness(address, update)));
          link.send(encodeBare(address, MessageType.QueryAwareness));
        },
        shut: () => {
          this.#presence?.detach();
          answered();
        },
        synced: () => {
          this.#resolveSynced();
          this.phase.set('synced');
          this.#compareLater();
        },
        refused,
      },
    });
  }

  async #load(): Promise<void> {
    const held = await this.#keeper.load();
    if (this.#destroyed) return;
    this.#unread = held === undefined;
    if (held !== undefined) {
      this.#applyHeld(held.updates);
      if (held.damaged !== undefined) this.#options.setAside(held.damaged);
      this.#uplink.found(held.unstored, held.local - held.unstored);
      this.#unsent.found(held.unstoredUpdates, held.local, this.#keeper.misses);
      this.#foldLater();
    }
    this.#begun = true;
    this.phase.set('local');
    this.#flush();
    this.#told();
  }

  /** Begins with what another copy left. The device is being told by whoever made it; nothing is sent before. */
  #succeed({ local, state, access, link }: Successor): void {
    const pieces = local.map(({ bytes, count }) => {
      Y.applyUpdate(this.doc, bytes, this.#device);
      this.#uplink.change(count);
      const { made } = this.#uplink;
      const changes = { from: made - count, upTo: made };
      this.#unsent.add(bytes, changes);
      return { bytes, changes };
    });
    this.#keeper.expect(state, pieces);
    this.access.set(access);
    this.phase.set('synced');
    this.#resolveSynced();
    if (link !== undefined) this.#uplink.adopt(link.link, link.writer);
    this.#compareLater();
    this.status.notify();
  }

  /** Applies what the device held in one transaction. What is damaged is told of; the server may have it. */
  #applyHeld(updates: readonly Uint8Array[]): void {
    // Yjs encodes what a transaction brought for whoever listens: as much work again, for nothing.
    this.doc.off('update', this.#updated);
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
    this.doc.on('update', this.#updated);
    if (this.#damaged > 0) this.#options.damaged();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.#device) return;
    this.#compareLater();
    if (origin === this.#remote) {
      this.#received.push(update);
    } else {
      this.#local.push(update);
      this.#uplink.change();
      this.status.invalidate();
      // Told at the first change of a burst, and then once per flush.
      if (this.#local.length === 1) this.#told();
    }
    this.#scheduleFlush();
  };

  /** Many records become one, once nobody waits for the document: looked at when it was read, and as it grows. */
  #foldLater(): void {
    if (this.#folding || this.#destroyed || !this.#keeper.crowded) return;
    this.#folding = true;
    this.#cancelFold = this.#options.env.timer(FOLD_DELAY, () => {
      this.#folding = false;
      this.#keeper.fold();
    });
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
    this.#foldLater();
    const local = this.#local;
    if (local.length === 0) return;
    this.#local = [];
    const update = mergeUpdates(local);
    const upTo = this.#uplink.made;
    const changes = { from: upTo - local.length, upTo };
    this.#unsent.add(update, changes);
    this.#keeper.local(update, changes);
    this.#uplink.send(update);
    this.#told();
  }

  /**
   * Whether the server sent work under the client id that is written under here. Whatever else was written under it has
   * the same clocks, so that no state vector will ever tell that the server lacks it.
   */
  #isOwnIdIn({ beforeState, afterState }: Y.Transaction): boolean {
    const { clientID } = this.doc;
    return (
      (beforeState.get(clientID) ?? 0) > 0 && beforeState.get(clientID) !== afterState.get(clientID)
    );
  }

  /** Segments of conversations are written by the server alone: nothing that others send can bend them. */
  #compareLater(): void {
    if (this.#presence !== undefined && !this.#destroyed) this.#compare.changed();
  }

  /** Whether what is here should be what the server has. */
  #comparable(): boolean {
    const settled = this.#uplink.isOpen && this.waiting === 0 && this.#damaged === 0;
    return settled && this.phase.get() === 'synced';
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
    const kept = this.#local.length === 0 && this.#keeper.isKept(this.#uplink.hasStored);
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
