import {
  type Digest,
  type DocumentFrame,
  type ErrorCode,
  MessageType,
  type Refused,
  type Role,
  encodeAwareness,
  encodeBare,
  encodeWeft,
  errorDefinition,
} from '@weft/protocol';
import type { DeviceStore, Quarantined } from '@weft/storage';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { DocumentAccess, DocumentStatus, Environment } from './api.ts';
import { IdleCompare } from './idle-compare.ts';
import { Keeper } from './keeper.ts';
import { mergeUpdates } from './merge.ts';
import { type Derived, type Signal, derived, report, signal } from './observable.ts';
import { OthersWork } from './others-work.ts';
import { parts } from './parts.ts';
import { Presence } from './presence.ts';
import type { Successor } from './rebuild.ts';
import type { TabMessage } from './tab-message.ts';
import { type Piece, Unsent } from './unsent.ts';
import { type Link, Uplink } from './uplink.ts';

export interface SyncedDocumentOptions {
  readonly address: string;
  readonly env: Environment;
  readonly store: DeviceStore;
  /** This person's other tabs on this device. */
  readonly tabs: TabPort;
  /** Whether people are shown in it: as long as they have it open, or only when they say so. */
  readonly presence: 'here' | 'at times' | 'none';
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

/** How a document reaches the other tabs. */
export interface TabPort {
  readonly tell: (message: TabMessage) => void;
  /** Whether this tab does what one of them has to do. */
  readonly leads: () => boolean;
}

/** What other tabs say of one document. */
export type Heard = Exclude<TabMessage, { type: 'rebuilt' | 'outbox' | 'refusals' }>;

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
  /** Whether the present connection has brought all that the server had. Unlike `phase`, it ends with the connection. */
  readonly current: Signal<boolean> = signal(false);
  readonly access: Signal<DocumentAccess> = signal<DocumentAccess>({ state: 'unknown' });
  readonly status: Derived<DocumentStatus>;
  readonly #options: SyncedDocumentOptions;
  readonly #keeper: Keeper;
  readonly #uplink: Uplink;
  readonly #presence: Presence | undefined;
  readonly #compare: IdleCompare;
  readonly #unsent = new Unsent();
  readonly #others = new OthersWork();
  /** Origins of what is not made here: from the server, from the device. */
  readonly #remote = { from: 'weft-server' };
  readonly #device = { from: 'weft-device' };
  /** From another tab, and on the device. */
  readonly #tabs = { from: 'weft-tabs' };
  /** From another tab that could not keep it: here it counts as if it were made here. */
  readonly #adrift = { from: 'weft-tabs' };
  /** What other tabs said while records must not come and go; nothing when they are listened to. */
  #unheard: Heard[] | undefined = [];
  /** What waits under another history of the server is being counted. */
  #recounting = false;
  /** Whether what a tab said was news. */
  #news = false;
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
    if (options.presence !== 'none') {
      this.awareness = new Awareness(this.doc);
      if (options.presence === 'at times') this.awareness.setLocalState(null);
      this.#presence = new Presence(this.awareness, options.env, (update) => {
        options.tabs.tell({ type: 'awareness', address: this.address, update });
      });
    }
    this.#uplink = this.#makeUplink();
    this.#keeper = this.#makeKeeper();
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
      if (!transaction.local && !writes(this.access.get())) {
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
    this.#recounting = true;
    const counted = this.#keeper.forget(({ unstored, unstoredUpdates }) => {
      // What other tabs made, and was called stored, waits again: it is on the device, and in no count of ours.
      const more = Math.max(0, unstored - this.#uplink.made);
      this.#uplink.change(more);
      this.#others.clear();
      this.#unsent.found(unstoredUpdates, this.#uplink.made, this.#keeper.misses);
      if (more > 0) this.askAgain();
      return this.#uplink.made;
    });
    void counted.then(() => {
      this.#recounting = false;
      this.#told();
    });
    this.#told();
  }

  /** The server said what this person may do here. */
  rights(role: Role): void {
    this.#uplink.rights(role);
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
    const others = this.#others.storedUpTo(n);
    if (others.length > 0) this.#keeper.markRecords(others);
    this.#keeper.mark(this.#uplink.hasStored);
    this.#settled();
    return true;
  }

  /** Another tab said something of this document. */
  hear(message: Heard): void {
    if (this.#destroyed) return;
    if (this.#unheard !== undefined) {
      this.#unheard.push(message);
      return;
    }
    switch (message.type) {
      case 'work':
        this.#hearWork(message);
        break;
      case 'stored':
        if (this.#others.settle(message.records)) this.#settled();
        this.#uplink.othersStored();
        break;
      case 'evicted':
        // What follows would lie on the device without what it builds on.
        this.#keeper.remote(Y.encodeStateAsUpdate(this.doc));
        break;
      case 'awareness':
        this.#presence?.hear(message.update);
        break;
      case 'opened':
        this.#presence?.tellTabs();
        for (const { bytes, count } of this.#adriftPieces())
          this.#tellWork(bytes, count, undefined);
        break;
      default: {
        const unreachable: never = message;
        return unreachable;
      }
    }
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
    return [...this.#keeper.records, ...this.#others.records];
  }

  /** Writes nothing more to the device. Resolves when nothing is being written. */
  async hold(): Promise<void> {
    await this.loaded;
    this.#flush();
    this.#unheard ??= [];
    await this.#keeper.hold();
  }

  /** Goes on after `hold`. */
  resume(): void {
    this.#keeper.resume();
    this.#listen();
  }

  /** Takes the place of another copy, which ends: whoever waited for that has this one now. */
  takeOver(former: SyncedDocument): void {
    this.awareness?.setLocalState(former.awareness?.getLocalState() ?? null);
    former.#resolveSynced();
    this.#unheard = former.#unheard ?? [];
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
    this.#listen();
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
    // Without it nothing was said of this copy that could be answered.
    const compare = parts.compare.now;
    if (compare === undefined || !this.#comparable()) return undefined;
    if (compare.stateHash(this.doc) !== state) return undefined;
    const own = compare.contentHash(this.doc);
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
      this.#others.clear();
      this.#unsent.found(held.unstoredUpdates, this.#uplink.made, this.#keeper.misses);
      this.askAgain();
    }
    this.#keeper.retry();
    this.#told();
  }

  /** The link to the server was cut; what is sent to it waits. */
  cut(): void {
    this.#presence?.cut();
  }

  /** It has been cut for so long that nobody knows who is here. */
  absent(): void {
    this.#presence?.absent();
    this.#options.tabs.tell({ type: 'opened', address: this.address });
  }

  /** It is there again, with everything that was missed. */
  resumed(): void {
    this.#presence?.resumed();
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
    this.#keeper.end();
    this.doc.destroy();
    return asked;
  }

  /** Resolves when the device has, or has refused, everything of a document that was destroyed. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  #makeKeeper(): Keeper {
    const { store, address, env, tabs } = this.#options;
    return new Keeper({
      store,
      document: address,
      env,
      leads: tabs.leads,
      wrote: (bytes, count, record) => this.#tellWork(bytes, count, record),
      marked: (records) => tabs.tell({ type: 'stored', address, records }),
      ended: () => {
        // The server may have been quicker than the device.
        this.#keeper.mark(this.#uplink.hasStored);
        this.#told();
      },
    });
  }

  #makeUplink(): Uplink {
    const { address, env, refused, answered, tabs } = this.#options;
    return new Uplink({
      address,
      env,
      doc: this.doc,
      origin: this.#remote,
      others: this.#others,
      defers: () => !tabs.leads(),
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
          this.current.set(false);
          this.#presence?.detach();
          // Whom the server showed is not known any more; the other tabs are there still.
          if (!this.#destroyed) tabs.tell({ type: 'opened', address });
          answered();
        },
        synced: () => {
          this.#resolveSynced();
          this.phase.set('synced');
          this.current.set(true);
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
    this.#options.tabs.tell({ type: 'opened', address: this.address });
    // A tab that is closed, or reloaded, right after its work was kept has no time left to tell: the others lacked it
    // until the server had it, and everything that builds on it.
    for (const { bytes, changes, record } of held?.unstoredUpdates ?? [])
      this.#tellWork(bytes, changes, record);
    this.#presence?.tellTabs();
    this.#listen();
    this.#told();
  }

  /** Takes in what other tabs said meanwhile, and what they say from now on. */
  #listen(): void {
    const unheard = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const message of unheard) this.hear(message);
  }

  #hearWork({ bytes, changes, record }: Extract<Heard, { type: 'work' }>): void {
    this.#news = false;
    try {
      Y.applyUpdate(this.doc, bytes, record === undefined ? this.#adrift : this.#tabs);
    } catch (error) {
      // An observer of the embedder's threw: the document has it all the same.
      report(error);
    }
    if (record === undefined) return;
    this.#keeper.keptElsewhere(bytes);
    // What is no news came from the server, or was found on the device, and is counted there.
    if (!this.#news || changes === 0) return;
    this.#others.add(record, changes, this.#options.env.now());
    this.#unsent.addOthers(bytes, changes, record, this.#uplink.made);
    this.#uplink.othersWork();
    this.#told();
  }

  #tellWork(bytes: Uint8Array, changes: number, record: number | undefined): void {
    this.#options.tabs.tell({ type: 'work', address: this.address, bytes, changes, record });
  }

  /** Local work that no tab could keep. */
  #adriftPieces(): readonly { readonly bytes: Uint8Array; readonly count: number }[] {
    return this.#keeper.adrift.map(({ bytes, changes }) => {
      return { bytes, count: changes.upTo - changes.from };
    });
  }

  /** The server has more of what is here than it was known to have. */
  #settled(): void {
    this.#unsent.settle(({ record, changes }) => {
      const others = record !== undefined && this.#others.has(record);
      return !others && this.#uplink.hasStored(changes);
    });
    if (this.waiting === 0) this.#compareLater();
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
    if (origin === this.#tabs) {
      this.#news = true;
      return;
    }
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
    if (this.#options.presence === 'here' && !this.#destroyed) this.#compare.changed();
  }

  /** Whether what is here should be what the server has. */
  #comparable(): boolean {
    const settled =
      this.#uplink.isOpen && this.waiting === 0 && !this.#recounting && this.#damaged === 0;
    return settled && this.phase.get() === 'synced';
  }

  #setAccess(access: DocumentAccess): void {
    const now = this.access.get();
    const sameCode =
      now.state !== 'denied' || access.state !== 'denied' || now.code === access.code;
    if (now.state !== access.state || !sameCode) this.access.set(access);
  }

  #computeStatus(): DocumentStatus {
    const count = Math.max(this.waiting, this.#recounting ? 1 : 0) + this.#damaged;
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

function writes({ state }: DocumentAccess): boolean {
  return state === 'editor' || state === 'owner';
}
