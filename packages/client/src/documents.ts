import {
  type Address,
  type ErrorCode,
  type FrameReader,
  type Refused,
  type Stored,
  decodeDocumentFrame,
  formatAddress,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { Environment } from './api.ts';
import { SyncedDocument } from './synced-document.ts';
import type { Link } from './uplink.ts';

/**
 * Documents asked for at one time and not yet answered. A server bounds them per socket (Hocuspocus: 100), and a
 * person who reconnects may have more open.
 */
const OPENING_MAX = 32;

export interface DocumentsOptions {
  readonly env: Environment;
  readonly store: DeviceStore;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly refused: (document: string, code: ErrorCode, message: string) => void;
  /** How many documents wait for the server may have changed. */
  readonly changed: () => void;
}

interface Entry {
  readonly document: SyncedDocument;
  holders: number;
  /** It is known to have something that waits, also before the device was read. */
  readonly leftBehind: boolean;
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
  acquire(at: Address, why: 'opened' | 'left-behind' = 'opened'): SyncedDocument {
    const address = formatAddress(at);
    const entry = this.#open.get(address);
    if (entry !== undefined) {
      entry.holders += 1;
      entry.document.return();
      return entry.document;
    }
    const document = new SyncedDocument({
      address,
      env: this.#options.env,
      store: this.#options.store,
      presence: at.kind !== 'conversation',
      refused: (code, message) => this.#options.refused(address, code, message),
      answered: () => this.#answered(address),
      changed: () => this.#changed(address),
    });
    this.#open.set(address, { document, holders: 1, leftBehind: why === 'left-behind' });
    void document.loaded.then(() => {
      if (this.#open.get(address)?.document === document) this.#ask(address);
    });
    return document;
  }

  /** One holder fewer. @param keep `false` when the document belongs to a history that is gone */
  release(document: SyncedDocument, keep = true): void {
    const entry = this.#open.get(document.address);
    if (entry === undefined || entry.document !== document || entry.holders === 0) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    if (keep && (document.waiting > 0 || document.phase.get() === 'loading')) document.leave();
    else this.#remove(document, keep);
  }

  /** How many documents have local changes that the server is not known to have. */
  countWaiting(): number {
    return [...this.#open.values()].filter(
      ({ document, leftBehind }) =>
        document.waiting > 0 || (leftBehind && document.phase.get() === 'loading'),
    ).length;
  }

  online(): void {
    this.#online = true;
    for (const [address, { document }] of this.#open) {
      if (document.phase.get() !== 'loading') this.#ask(address);
    }
  }

  lost(): void {
    this.#online = false;
    this.#writes.clear();
    this.#opening.clear();
    this.#queue.clear();
    this.#closing.clear();
    for (const { document } of this.#open.values()) document.detach();
  }

  /** The server has another history than the device's marks speak of; the store has been told. */
  forget(): void {
    for (const { document } of this.#open.values()) document.forget();
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
    this.#open.get(address)?.document.receive(frame);
  }

  stored(message: Stored): void {
    this.#open.get(message.document)?.document.stored(message.n);
  }

  refused(message: Refused): void {
    this.#open.get(message.document)?.document.refused(message);
  }

  /** Resolves when everything made so far is on the device. */
  async flush(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ document }) => document.flush()));
    await this.#leaving;
  }

  /** Ends all of them, whoever holds them, once the device has them. */
  async close(): Promise<void> {
    await this.flush();
    for (const { document } of [...this.#open.values()]) this.#remove(document, true);
    await this.#leaving;
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
      entry.document.open(this.#link);
    }
  }

  #answered(address: string): void {
    this.#opening.delete(address);
    this.#askNext();
  }

  #changed(address: string): void {
    const entry = this.#open.get(address);
    if (entry === undefined) return;
    const { document, holders } = entry;
    if (holders === 0 && document.waiting === 0 && document.phase.get() !== 'loading') {
      this.#remove(document, true);
    }
    this.#options.changed();
  }

  #remove(document: SyncedDocument, keep: boolean): void {
    this.#open.delete(document.address);
    this.#queue.delete(document.address);
    if (document.destroy(keep)) this.#closing.add(document.address);
    const settled = document.settled();
    this.#leaving = Promise.all([this.#leaving, settled]).then(() => undefined);
    this.#answered(document.address);
  }
}
