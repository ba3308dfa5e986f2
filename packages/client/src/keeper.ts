import type { ChangeRange } from '@weft/protocol';
import { type DeviceStore, type StoredDocument, foldUpdates } from '@weft/storage';
import type { Environment } from './api.ts';
import { covers } from './coverage.ts';
import { EMPTY_UPDATE, mergeUpdates } from './merge.ts';

/** A record of the device with local changes in it, not yet marked as stored. */
interface KeptRecord {
  readonly record: number;
  /** Bytes. */
  readonly size: number;
  readonly changes: ChangeRange;
  /** Made since the device was read: only then is it known which changes it holds. */
  readonly own: boolean;
}

/** Whether the server has all changes of a range. */
type HasStored = (changes: ChangeRange) => boolean;

/** What is not on the device yet. */
interface Piece {
  readonly bytes: Uint8Array;
  /** The local changes in it; an empty range where it came from the server. */
  readonly changes: ChangeRange;
  /** Erases what was jotted down of it. */
  readonly erase?: () => void;
}

/** A record that the device is asked to keep. Its pieces are those that wait when it begins to be written. */
interface Write {
  readonly pieces: readonly Piece[];
  /** All local changes whose bytes are in it: those that were under way before it too. */
  readonly changes: ChangeRange | undefined;
}

export interface KeeperOptions {
  readonly store: DeviceStore;
  readonly document: string;
  readonly env: Environment;
  /** Whether this tab keeps what comes from the server at once, and folds: one of those that show the document does. */
  readonly leads: () => boolean;
  /** A write of local changes ended, well or not. */
  readonly ended: () => void;
  /** The device was told that the server has what these records hold. */
  readonly marked: (records: readonly number[]) => void;
  /** Something is on the device; without a record the device failed, and these local changes are in memory only. */
  readonly wrote: (bytes: Uint8Array, changes: number, record: number | undefined) => void;
}

/** Milliseconds after which the device is asked to keep once more what it failed to. */
const RETRY = 15_000;

/** Milliseconds in which another tab may have kept what this one received, so that it is not kept twice. */
const OTHERS_KEEP = 1_000;

/**
 * Keeps one document's updates on the device: which local changes are on it, and which records of them the server
 * has. Failures of the device end here, in what `isKept` says; they never reach the edit.
 *
 * The device says when it is ready for a record, and that is usually after the one before. Where it is not (the page may
 * end, or the disk is slow), the record also has what is under way before it: one that builds on what the device failed
 * to keep could neither be shown after a reload nor be taken by the server, for ever. What failed goes out again.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  /** Not being written, in the order they were made. */
  #waiting: readonly Piece[] = [];
  /** Being written, in the order in which that began. */
  #writes: readonly Write[] = [];
  /** Whether the device was asked to take what waits, and has not begun. */
  #asked = false;
  /** Set while nothing is to be handed to the device: resolves when that is over. */
  #held: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #unmarked: KeptRecord[] = [];
  /** What a fold would make one record of. */
  #settled: Settled = NOTHING_SETTLED;
  #last: Promise<void> = Promise.resolve();

  /** What other tabs kept while something that was received waited here. */
  #elsewhere: readonly Uint8Array[] = [];
  #cancelWait: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #over = false;
  /** Local changes that the device failed to keep, and other tabs were told of. */
  readonly #toldAdrift = new WeakSet<Piece>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What the device holds; `undefined` when it cannot be read. */
  async load(): Promise<StoredDocument | undefined> {
    try {
      const loaded = await this.#options.store.load(this.#options.document);
      this.#adopt(loaded, loaded.local);
      return loaded;
    } catch {
      return undefined;
    }
  }

  /**
   * Reads the device where it could not be read before. Nothing it holds is known to be stored.
   * @returns what it holds, and how many local changes of earlier sessions are among it
   */
  async loadLate(
    made: () => number,
  ): Promise<{ readonly held: StoredDocument; readonly more: number } | undefined> {
    try {
      const held = await this.#options.store.load(this.#options.document);
      const known = new Set(this.records);
      const earlier = held.unstoredUpdates.filter(({ record }) => !known.has(record));
      const more = earlier.reduce((sum, { changes }) => sum + changes, 0);
      this.#adopt(held, made() + more);
      return { held, more };
    } catch {
      return undefined;
    }
  }

  /** Keeps local changes. */
  local(bytes: Uint8Array, changes: ChangeRange): void {
    const { store, document } = this.#options;
    const update = { document, bytes, origin: 'local' } as const;
    const erase = store.jot({ ...update, changes: changes.upTo - changes.from });
    this.#waiting = [...this.#waiting, { bytes, changes, erase }];
    this.#write();
  }

  /** Keeps what came from the server. If that fails, it is kept with what comes next. */
  remote(bytes: Uint8Array): void {
    this.#waiting = [...this.#waiting, { bytes, changes: NO_CHANGES }];
    this.#writeNext();
  }

  /** Another tab has put something on the device: what was received here and is in it is kept. */
  keptElsewhere(bytes: Uint8Array): void {
    if (this.#waiting.every(isLocal)) return;
    this.#elsewhere = [...this.#elsewhere, bytes];
    this.#waiting = this.#waiting.filter(
      (piece) => isLocal(piece) || !covers(this.#elsewhere, piece.bytes),
    );
    if (this.#waiting.every(isLocal)) this.#elsewhere = [];
  }

  /** Local changes that are in memory only, since the device failed. */
  get adrift(): readonly Piece[] {
    const busy = this.#asked || this.#writes.length > 0 || this.#held !== undefined;
    return busy ? [] : localIn(this.#waiting);
  }

  /** Tells the device what the server has. A mark that is lost costs one more send. */
  mark(hasStored: HasStored): void {
    // Where the device fails, what is jotted down must not grow for ever.
    for (const { changes, erase } of this.#waiting) if (hasStored(changes)) erase?.();
    const stored = this.#unmarked.filter(({ changes }) => hasStored(changes));
    if (stored.length === 0) return;
    this.#unmarked = this.#unmarked.filter(({ changes }) => !hasStored(changes));
    const records = stored.map(({ record }) => record);
    for (const { size } of stored) this.#settled = oneMore(this.#settled, size);
    this.markRecords(records);
  }

  /** Tells the device that the server has what these records hold. */
  markRecords(records: readonly number[]): void {
    const { store, document, marked } = this.#options;
    void this.#follow(store.markStored(document, records));
    marked(records);
  }

  /** Whether every local change is on the device, or with the server. */
  isKept(hasStored: HasStored): boolean {
    return localIn(this.#pieces()).every(({ changes }) => hasStored(changes));
  }

  /** What came from the server and is not handed to the device yet belongs to a history that is gone. */
  dropRemote(): void {
    this.#waiting = localIn(this.#waiting);
  }

  /**
   * The store has been told of another history: its records count as not stored, and so do ours. Resolves when they
   * were read, or cannot be.
   * @param found called with what the device holds; returns how many local changes there are with that
   */
  forget(found: (loaded: StoredDocument) => number): Promise<void> {
    const { store, document } = this.#options;
    return this.#follow(
      store.load(document).then((loaded) => {
        this.#adopt(loaded, found(loaded));
      }),
    );
  }

  /** Whether the device does not have some of these changes yet. */
  readonly misses = (changes: ChangeRange): boolean =>
    localIn(this.#pieces()).some((piece) => overlap(piece.changes, changes));

  /** The record that holds changes made since the device was read. */
  recordOf(changes: ChangeRange): number | undefined {
    return this.#unmarked.find((kept) => kept.own && overlap(kept.changes, changes))?.record;
  }

  /** Numbers of the records with local changes that are not marked as stored. */
  get records(): readonly number[] {
    return this.#unmarked.map(({ record }) => record);
  }

  /** Hands nothing more to the device. Resolves when nothing is being written: what follows waits here. */
  async hold(): Promise<void> {
    this.#holdBack();
    await this.#written();
  }

  /** Tries again to keep what the device failed to. */
  retry(): void {
    this.#write();
  }

  /** The document is over: what could not be kept is tried once more by `settled`, and not again. */
  end(): void {
    this.#over = true;
    this.#stopRetry();
  }

  /** Goes on after `hold`. */
  resume(): void {
    this.#held?.end();
    this.#held = undefined;
    this.#write();
  }

  /** Somebody else keeps what was held back. */
  handOver(): void {
    for (const { erase } of this.#waiting) erase?.();
    this.#waiting = [];
    this.resume();
  }

  /** The document was rebuilt: what it is made of is being written by others, and all that follows waits for that. */
  expect(state: Uint8Array, local: readonly Piece[]): void {
    this.#holdBack();
    this.#waiting = [{ bytes: state, changes: NO_CHANGES }, ...local];
  }

  /**
   * How that write ended.
   * @param records of the local pieces; nothing when the device failed: then all of it waits for the next write
   */
  expected(records: readonly number[] | undefined): void {
    if (records !== undefined) {
      const [, ...local] = this.#waiting;
      for (const [index, record] of records.entries()) {
        const piece = local[index];
        if (piece === undefined) continue;
        const { changes, bytes } = piece;
        this.#unmarked.push({ record, changes, size: bytes.length, own: true });
      }
      this.#waiting = this.#waiting.slice(records.length + 1);
    }
    this.resume();
    this.#options.ended();
  }

  /** Whether so much lies beside the largest record that a fold is worth its write. */
  get crowded(): boolean {
    return isCrowded(this.#settled);
  }

  /** Folds what the server has into one record. A fold that fails leaves the records as they are. */
  fold(): void {
    const { store, document, leads } = this.#options;
    if (!leads()) return;
    this.#settled = NOTHING_SETTLED;
    void this.#follow(store.fold(document, foldUpdates));
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  async settled(): Promise<void> {
    this.#write();
    await this.#written();
    while (this.#held !== undefined) {
      await this.#held.over;
      await this.#written();
    }
  }

  async #written(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#last;) {
      last = this.#last;
      await last;
    }
  }

  #holdBack(): void {
    if (this.#held !== undefined) return;
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#held = { over, end };
  }

  /** Writes what waits; what another tab may be keeping too is left to it for a while. */
  #writeNext(): void {
    const { leads, env } = this.#options;
    if (leads() || this.#waiting.some(isLocal)) this.#write();
    else if (this.#waiting.length > 0) {
      this.#cancelWait ??= env.timer(OTHERS_KEEP, () => this.#write());
    }
  }

  /** Asks the device to take all that waits by the time it is ready, as one record. */
  #write(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#held !== undefined || this.#asked || this.#waiting.length === 0) return;
    this.#stopRetry();
    this.#asked = true;
    let write: Write | undefined;
    let bytes: Uint8Array = EMPTY_UPDATE;
    const { store, document } = this.#options;
    const kept = store.append(() => {
      const before = this.#writes.flatMap(({ pieces }) => localIn(pieces));
      const all = [...before, ...this.#waiting];
      write = { pieces: this.#waiting, changes: rangeOf(all) };
      this.#writes = [...this.#writes, write];
      this.#waiting = [];
      this.#elsewhere = [];
      this.#asked = false;
      bytes = mergeUpdates(all.map((piece) => piece.bytes));
      const changes = countIn(write.pieces);
      return { document, bytes, origin: changes > 0 ? 'local' : 'remote', changes };
    });
    void this.#follow(
      kept.then(
        (record) => this.#wrote(write, record, bytes),
        () => this.#failed(write),
      ),
    );
  }

  #wrote(write: Write | undefined, record: number, bytes: Uint8Array): void {
    // A device that says that it keeps what it never took.
    if (write === undefined) return;
    this.#writes = this.#writes.filter((other) => other !== write);
    for (const { erase } of write.pieces) erase?.();
    const { changes } = write;
    const size = bytes.length;
    const count = countIn(write.pieces);
    if (changes === undefined || count === 0) this.#settled = oneMore(this.#settled, size);
    else this.#unmarked.push({ record, changes, size, own: true });
    this.#options.wrote(bytes, count, record);
    this.#writeNext();
    if (changes !== undefined) this.#options.ended();
  }

  /** A device that just failed is asked again when there is more to keep, and after a while; not all the time. */
  #failed(write: Write | undefined): void {
    const more = this.#waiting.length > 0;
    if (write === undefined) {
      this.#asked = false;
    } else {
      this.#writes = this.#writes.filter((other) => other !== write);
      this.#waiting = [...write.pieces, ...this.#waiting];
      if (more) this.#writeNext();
    }
    this.#tellAdrift(write?.pieces ?? this.#waiting);
    if (countIn(this.#waiting) > 0) this.#options.ended();
    if (countIn(this.#waiting) === 0 || this.#asked || this.#over) return;
    // Also where the device says nothing of it: what is at risk must not wait for somebody to type.
    this.#cancelRetry ??= this.#options.env.timer(RETRY, () => {
      this.#cancelRetry = undefined;
      this.#write();
    });
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** The other tabs may still keep what this one cannot. */
  #tellAdrift(pieces: readonly Piece[]): void {
    const fresh = localIn(pieces).filter((piece) => !this.#toldAdrift.has(piece));
    if (fresh.length === 0) return;
    for (const piece of fresh) this.#toldAdrift.add(piece);
    const bytes = mergeUpdates(fresh.map((piece) => piece.bytes));
    this.#options.wrote(bytes, countIn(fresh), undefined);
  }

  /** All that the device is not known to hold. */
  #pieces(): readonly Piece[] {
    return [...this.#writes.flatMap(({ pieces }) => pieces), ...this.#waiting];
  }

  /** Which changes a found record holds is not kept, so it is marked when all up to `made` are stored. */
  #adopt(loaded: StoredDocument, made: number): void {
    const changes = { from: 0, upTo: made };
    this.#unmarked = loaded.unstoredUpdates.map(({ record, bytes }) => ({
      record,
      changes,
      size: bytes.length,
      own: false,
    }));
    const waiting = new Set(loaded.unstoredUpdates.map(({ bytes }) => bytes));
    this.#settled = loaded.updates
      .filter((bytes) => !waiting.has(bytes))
      .reduce((all, { length }) => oneMore(all, length), NOTHING_SETTLED);
  }

  #follow(write: Promise<unknown>): Promise<void> {
    // Failures of local changes were taken down above; every other write is made good by the next sync.
    const ended = write.then(
      () => undefined,
      () => undefined,
    );
    this.#last = Promise.all([this.#last, ended]).then(() => undefined);
    return ended;
  }
}

/** The records of which the server has everything. */
interface Settled {
  readonly records: number;
  /** Bytes of all of them, and of the largest. */
  readonly size: number;
  readonly largest: number;
}

const NOTHING_SETTLED: Settled = { records: 0, size: 0, largest: 0 };

/** Records, and bytes beside the largest record, from which on a fold may be worth its write. */
const CROWDED = { records: 500, size: 64 * 1024 } as const;

function oneMore({ records, size, largest }: Settled, length: number): Settled {
  return { records: records + 1, size: size + length, largest: Math.max(largest, length) };
}

/** Many small records cost time at each load; what is rewritten must not be much more than what came since. */
function isCrowded({ records, size, largest }: Settled): boolean {
  const tail = size - largest;
  return records > CROWDED.records || (tail > CROWDED.size && tail > largest / 2);
}

/** The range of what came from the server. */
const NO_CHANGES: ChangeRange = { from: 0, upTo: 0 };

function isLocal({ changes }: Piece): boolean {
  return changes.upTo > changes.from;
}

function localIn(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.filter(isLocal);
}

/** How many local changes are in these. */
function countIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { changes }) => sum + changes.upTo - changes.from, 0);
}

/** From the first of the local changes in these to the last. */
function rangeOf(pieces: readonly Piece[]): ChangeRange | undefined {
  const local = localIn(pieces).map(({ changes }) => changes);
  if (local.length === 0) return undefined;
  return {
    from: Math.min(...local.map(({ from }) => from)),
    upTo: Math.max(...local.map(({ upTo }) => upTo)),
  };
}

function overlap(a: ChangeRange, b: ChangeRange): boolean {
  return a.from < b.upTo && b.from < a.upTo;
}
