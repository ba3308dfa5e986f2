import {
  type Access,
  type Address,
  type Digest,
  type ErrorCode,
  type FrameReader,
  PRESENCE_BRIDGE_MS,
  type Refused,
  type Role,
  type Stored,
  decodeDocumentFrame,
  formatAddress,
  parseAddress,
} from '@weft/protocol';
import type { DeviceStore, Quarantined, Rebuilt } from '@weft/storage';
import type { DocumentCopy, Environment, Observable } from './api.ts';
import { type Signal, signal } from './observable.ts';
import { parts, whenHere } from './parts.ts';
import type { Rebuild, Successor } from './rebuild.ts';
import type { Refused as RefusedWork } from './sort-out.ts';
import { type Heard, SyncedDocument, type TabPort } from './synced-document.ts';
import type { TabMessage } from './tab-message.ts';
import type { Link } from './uplink.ts';

/**
 * Documents asked for at one time and not yet answered. A server bounds them per socket (Hocuspocus: 100), and a
 * person who reconnects may have more open.
 */
const OPENING_MAX = 32;

export interface DocumentsOptions {
  readonly env: Environment;
  readonly store: DeviceStore;
  readonly tabs: TabPort;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Something of a document cannot be had, or be told from something else; there is no work to keep. */
  readonly failed: (document: string, code: ErrorCode) => void;
  /** Work was taken out of a document for good; returns what the device is to keep of it. */
  readonly refused: (document: string, work: readonly RefusedWork[]) => Rebuilt['quarantine'];
  /** What the device cannot read of a document, and has set aside. */
  readonly setAside: (entries: readonly Quarantined[]) => void;
  /** How many documents wait for the server may have changed. */
  readonly changed: () => void;
}

/**
 * Rebuilds of one document in a row that neither set anything aside nor led to anything stored. A server that refuses
 * whatever it is sent must not be asked again and again: the next socket begins anew.
 */
const REBUILDS_MAX = 3;

/** An open document, whichever copy of it there is at the time. */
export interface OpenDocument {
  readonly address: string;
  readonly document: Observable<SyncedDocument>;
  readonly copy: Observable<DocumentCopy>;
}

interface Entry extends OpenDocument {
  readonly document: Signal<SyncedDocument>;
  readonly copy: Signal<DocumentCopy>;
  holders: number;
  /** It is known to have something that waits, also before the device was read. */
  readonly leftBehind: boolean;
  /** What the server said last that this person may do in it. */
  role?: Role;
  /** A new copy is being made. */
  rebuild: Rebuild | undefined;
  /** A new copy is to be made once the code that does so is here; until then everything stays. Stops that. */
  cancelRebuild: (() => void) | undefined;
  /** How many were made since anything was stored or set aside. */
  rebuilds: number;
  /** Pairs of content hashes, its own and the server's, for which it was rebuilt. */
  readonly compared: Set<string>;
}

/**
 * The open documents by address, shared by their holders. A document whose last holder left stays until the server
 * has all of it: what was typed just before leaving a page, without a network, must not wait for the next visit.
 */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #open = new Map<string, Entry>();
  readonly #link: Link;
  /** Numbers of writes on the present socket, by address: they go on when a document is opened again. */
  readonly #writes = new Map<string, number>();
  #online = false;
  /** Who is where is not known any more, when this comes during a cut. */
  #cancelAbsence: () => void = () => undefined;
  /** Asked for on this socket, and not yet answered. */
  readonly #opening = new Set<string>();
  /** To be asked for when there is room. */
  readonly #queue = new Set<string>();
  /**
   * Closed by us on this socket, and not yet confirmed: asking for one again before that would reach the server
   * while it still has the old one open, and get no answer.
   */
  readonly #closing = new Set<string>();
  /** Writes to the device of documents that are gone already. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(options: DocumentsOptions) {
    this.#options = options;
    this.#link = {
      send: options.send,
      nextWrite: (address) => (this.#writes.get(address) ?? 0) + 1,
      wrote: (address) => void this.#writes.set(address, (this.#writes.get(address) ?? 0) + 1),
    };
  }

  /**
   * One more holder of a document. Each `acquire` needs one `release`.
   * @param why `left-behind`: the device says that it has changes which the server is not known to have
   */
  acquire(at: Address, why: 'opened' | 'left-behind' = 'opened'): OpenDocument {
    const address = formatAddress(at);
    const known = this.#open.get(address);
    if (known !== undefined) {
      known.holders += 1;
      known.document.get().return();
      return known;
    }
    const entry: Entry = {
      address,
      document: signal(this.#make(address)),
      copy: signal<DocumentCopy>({ number: 1, because: 'opened' }),
      holders: 1,
      leftBehind: why === 'left-behind',
      rebuild: undefined,
      cancelRebuild: undefined,
      rebuilds: 0,
      compared: new Set(),
    };
    this.#open.set(address, entry);
    this.#askWhenLoaded(entry);
    return entry;
  }

  /** One holder fewer. @param keep `false` when the document belongs to a history that is gone */
  release(opened: OpenDocument, keep = true): void {
    const entry = this.#open.get(opened.address);
    if (entry === undefined || entry !== opened || entry.holders === 0) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    const document = entry.document.get();
    if (keep && !isDone(document)) document.leave();
    else this.#remove(entry, keep);
  }

  /** How many documents have local changes that the server is not known to have. */
  countWaiting(): number {
    return [...this.#open.values()].filter(({ document, leftBehind }) => {
      const { waiting, phase } = document.get();
      return waiting > 0 || (leftBehind && phase.get() === 'loading');
    }).length;
  }

  /** Whether a document, or anything of the conversation beside it, is open. */
  isOpen(id: string): boolean {
    return [...this.#open.values()].some(({ address, holders }) => {
      const at = parseAddress(address);
      return holders > 0 && at?.id === id && at.kind !== 'workspace';
    });
  }

  online(): void {
    this.#online = true;
    for (const [address, entry] of this.#open) {
      entry.rebuilds = 0;
      if (entry.document.get().begun) this.#ask(address);
    }
  }

  /** The link was cut, and may be there again soon. Everybody is shown for a while; then nobody knows. */
  cut(): void {
    for (const { document } of this.#open.values()) document.get().cut();
    this.#cancelAbsence = this.#options.env.timer(PRESENCE_BRIDGE_MS, () => {
      for (const { document } of this.#open.values()) document.get().absent();
    });
  }

  /** Everything goes on after a cut, and what was missed is here. */
  resumed(): void {
    this.#cancelAbsence();
    for (const { document } of this.#open.values()) document.get().resumed();
  }

  lost(): void {
    this.#online = false;
    this.#cancelAbsence();
    this.#writes.clear();
    this.#opening.clear();
    this.#queue.clear();
    this.#closing.clear();
    for (const { document, rebuild } of this.#open.values()) {
      rebuild?.detach();
      document.get().detach();
    }
  }

  /** The server has another history than the device's marks speak of; the store has been told. */
  forget(): void {
    for (const { document } of this.#open.values()) document.get().forget();
  }

  /**
   * Takes a frame, after its address. Unknown addresses are ignored: the document was closed meanwhile.
   * @throws WeftError `frame-invalid`
   */
  receive(address: string, reader: FrameReader): void {
    const frame = decodeDocumentFrame(reader);
    if (this.#closing.has(address)) {
      // What still comes is for the document that left; the last of it is the answer to its close.
      if (frame.type !== 'close' && frame.type !== 'denied') return;
      this.#closing.delete(address);
      if (this.#open.has(address)) this.#ask(address);
      return;
    }
    const entry = this.#open.get(address);
    (entry?.rebuild ?? entry?.document.get())?.receive(frame);
  }

  /** The server said what this person may do in a document. */
  access({ document, role }: Access): void {
    const entry = this.#open.get(document);
    if (entry === undefined) return;
    entry.role = role;
    entry.document.get().rights(role);
  }

  stored(message: Stored): void {
    const entry = this.#open.get(message.document);
    if (entry === undefined) return;
    if (entry.rebuild !== undefined) entry.rebuild.stored(message.n);
    else if (entry.document.get().stored(message.n)) entry.rebuilds = 0;
  }

  refused(message: Refused): void {
    const entry = this.#open.get(message.document);
    (entry?.rebuild ?? entry?.document.get())?.refused(message);
  }

  /** The server said what it has of a document: it may be other content than is here. */
  compare(message: Digest): void {
    const entry = this.#open.get(message.document);
    if (entry === undefined || isRebuilt(entry)) return;
    const pair = entry.document.get().differs(message);
    if (pair === undefined) return;
    if (entry.compared.has(pair)) {
      this.#options.failed(entry.address, 'diverged');
      return;
    }
    entry.compared.add(pair);
    entry.rebuilds += 1;
    this.#rebuild(entry, 'diverged');
  }

  /** The device keeps things again, or may: what it could not keep is handed to it once more. */
  recover(): void {
    for (const { document } of this.#open.values()) void document.get().recover();
  }

  /** Another tab of this person said something of a document. */
  hear(message: Heard | Extract<TabMessage, { type: 'rebuilt' }>): void {
    const entry = this.#open.get(message.address);
    if (message.type !== 'rebuilt') entry?.document.get().hear(message);
    else if (entry !== undefined && !isRebuilt(entry)) this.#rebuild(entry, 'refused');
  }

  /** Resolves when everything made so far is on the device: some seconds later, where a document is being rebuilt. */
  async flush(): Promise<void> {
    const copies = new Map([...this.#open.values()].map((entry) => [entry, entry.document.get()]));
    await Promise.all([...copies.values()].map((document) => document.flush()));
    await this.#leaving;
    // What a copy held back when another one took its place goes to the device with that.
    if ([...copies].some(([{ document }, copy]) => document.get() !== copy)) await this.flush();
  }

  /** Ends all of them, whoever holds them, once the device has them. */
  async close(): Promise<void> {
    // Nobody waits for a server now: what is being sorted out is sorted out at the next start.
    for (const { rebuild } of this.#open.values()) rebuild?.detach();
    await this.flush();
    for (const entry of [...this.#open.values()]) this.#remove(entry, true);
    await this.#leaving;
  }

  #make(address: string, successor?: Successor): SyncedDocument {
    return new SyncedDocument({
      address,
      env: this.#options.env,
      store: this.#options.store,
      tabs: this.#options.tabs,
      presence: presenceOf(address),
      ...(successor === undefined ? {} : { successor }),
      refused: (code) => {
        const entry = this.#open.get(address);
        if (entry === undefined || isRebuilt(entry)) return;
        if (entry.rebuilds < REBUILDS_MAX) {
          entry.rebuilds += 1;
          this.#rebuild(entry, 'refused');
        } else this.#options.failed(address, code);
      },
      damaged: () => this.#options.failed(address, 'device-failed'),
      setAside: this.#options.setAside,
      answered: () => this.#answered(address),
      changed: () => this.#changed(address),
    });
  }

  #rebuild(entry: Entry, because: 'refused' | 'diverged'): void {
    const { address } = entry;
    const part = parts.rebuild.now;
    if (part === undefined) {
      entry.cancelRebuild = whenHere(parts.rebuild, this.#options.env, () => {
        entry.cancelRebuild = undefined;
        this.#rebuild(entry, because);
      });
      return;
    }
    const document = entry.document.get();
    const rebuild = new part.Rebuild({
      document,
      env: this.#options.env,
      store: this.#options.store,
      remakes: entry.rebuilds < REBUILDS_MAX,
      handlers: {
        replace: (successor, work) => {
          const next = this.#make(address, successor);
          const { number } = entry.copy.get();
          entry.rebuild = undefined;
          entry.document.set(next);
          if (entry.role !== undefined) next.rights(entry.role);
          next.takeOver(document);
          entry.copy.set({ number: number + 1, because });
          const quarantine = this.#options.refused(address, work);
          if (work.length > 0) entry.rebuilds = 0;
          this.#askWhenLoaded(entry);
          this.#changed(address);
          return { document: next, quarantine };
        },
        done: (shared) => {
          if (shared) this.#options.tabs.tell({ type: 'rebuilt', address });
          this.#options.tabs.tell({ type: 'refusals' });
        },
        answered: () => this.#answered(address),
        denied: (code) => {
          entry.rebuild = undefined;
          document.deny(code);
        },
      },
    });
    entry.rebuild = rebuild;
    if (document.standDown()) this.#closing.add(address);
    this.#ask(address);
  }

  /** A document that begins with what another copy left is open already, unless its socket went meanwhile. */
  #askWhenLoaded(entry: Entry): void {
    const document = entry.document.get();
    void document.loaded.then(() => {
      const present = this.#open.get(entry.address) === entry && entry.document.get() === document;
      if (present && !document.isOpen && entry.rebuild === undefined) this.#ask(entry.address);
    });
  }

  #ask(address: string): void {
    if (!this.#online || this.#closing.has(address)) return;
    this.#queue.add(address);
    this.#askNext();
  }

  #askNext(): void {
    for (const address of this.#queue) {
      if (this.#opening.size >= OPENING_MAX) return;
      this.#queue.delete(address);
      const entry = this.#open.get(address);
      if (entry === undefined) continue;
      this.#opening.add(address);
      (entry.rebuild ?? entry.document.get()).open(this.#link);
    }
  }

  #answered(address: string): void {
    this.#opening.delete(address);
    this.#askNext();
  }

  #changed(address: string): void {
    const entry = this.#open.get(address);
    if (entry === undefined) return;
    if (entry.holders === 0 && isDone(entry.document.get())) this.#remove(entry, true);
    this.#options.changed();
  }

  #remove(entry: Entry, keep: boolean): void {
    const { address, rebuild } = entry;
    const document = entry.document.get();
    this.#open.delete(address);
    entry.cancelRebuild?.();
    this.#queue.delete(address);
    if (rebuild?.abandon() === true) this.#closing.add(address);
    if (document.destroy(keep)) this.#closing.add(address);
    const settled = document.settled();
    this.#leaving = Promise.all([this.#leaving, settled]).then(() => undefined);
    this.#answered(address);
  }
}

/** Whether a new copy of it is being made, or will be. */
function isRebuilt({ rebuild, cancelRebuild }: Entry): boolean {
  return rebuild !== undefined || cancelRebuild !== undefined;
}

/** Whether nothing of a document waits for the server, as far as is known. */
function isDone(document: SyncedDocument): boolean {
  return document.waiting === 0 && document.phase.get() !== 'loading';
}

/** Who types in a conversation is told in its first segment; of the others nobody needs to know who has them open. */
function presenceOf(name: string): 'here' | 'at times' | 'none' {
  const address = parseAddress(name);
  if (address?.kind !== 'conversation') return 'here';
  return address.segment === 0 ? 'at times' : 'none';
}
