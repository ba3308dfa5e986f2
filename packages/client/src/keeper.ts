import type { ChangeRange } from '@weft/protocol';
import type { DeviceStore, StoredDocument } from '@weft/storage';
import { foldUpdates, mergeUpdates } from './merge.ts';

/** A record of the device with local changes in it, not yet marked as stored. */
interface KeptRecord {
  readonly record: number;
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
}

/** Records above which a document is folded into one: below, opening writes nothing. */
const FOLD_ABOVE = 500;

/**
 * Keeps one document's updates on the device: which local changes are on it, and which records of them the server
 * has. Failures of the device end here, in what `isKept` says; they never reach the edit.
 *
 * One write at a time, and what failed goes out again in front of whatever comes next: a record that builds on one
 * that the device does not hold could neither be shown after a reload nor be taken by the server, for ever.
 */
export class Keeper {
  readonly #store: DeviceStore;
  readonly #document: string;
  /** Called after each write of local changes that ended, well or not. */
  readonly #ended: () => void;
  /** In the order they were made; those being written are in front. */
  #pieces: readonly Piece[] = [];
  /** How many of them are being written. */
  #inFlight = 0;
  /** Set while nothing is to be handed to the device: resolves when that is over. */
  #held: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #unmarked: KeptRecord[] = [];
  #records = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(store: DeviceStore, document: string, ended: () => void) {
    this.#store = store;
    this.#document = document;
    this.#ended = ended;
  }

  /** What the device holds; `undefined` when it cannot be read. */
  async load(): Promise<StoredDocument | undefined> {
    try {
      const loaded = await this.#store.load(this.#document);
      this.#records = loaded.updates.length;
      this.#adopt(loaded, loaded.local);
      return loaded;
    } catch {
      return undefined;
    }
  }

  /** Keeps local changes. */
  local(bytes: Uint8Array, changes: ChangeRange): void {
    this.#pieces = [...this.#pieces, { bytes, changes }];
    this.#write();
  }

  /** Keeps what came from the server. If that fails, it is kept with what comes next. */
  remote(bytes: Uint8Array): void {
    this.#pieces = [...this.#pieces, { bytes, changes: NO_CHANGES }];
    this.#write();
  }

  /** Tells the device what the server has. A mark that is lost costs one more send. */
  mark(hasStored: HasStored): void {
    const stored = this.#unmarked.filter(({ changes }) => hasStored(changes));
    if (stored.length === 0) return;
    this.#unmarked = this.#unmarked.filter(({ changes }) => !hasStored(changes));
    const records = stored.map(({ record }) => record);
    this.#follow(this.#store.markStored(this.#document, records));
  }

  /** Whether every local change is on the device, or with the server. */
  isKept(hasStored: HasStored): boolean {
    return localIn(this.#pieces).every(({ changes }) => hasStored(changes));
  }

  /** What came from the server and is not handed to the device yet belongs to a history that is gone. */
  dropRemote(): void {
    const inFlight = this.#pieces.slice(0, this.#inFlight);
    this.#pieces = [...inFlight, ...localIn(this.#pieces.slice(this.#inFlight))];
  }

  /**
   * The store has been told of another history: its records count as not stored, and so do ours.
   * @param made local changes so far
   * @param found called with what the device holds
   */
  forget(made: number, found: (loaded: StoredDocument) => void): void {
    this.#follow(
      this.#store.load(this.#document).then((loaded) => {
        this.#adopt(loaded, made);
        found(loaded);
      }),
    );
  }

  /** Whether the device does not have some of these changes yet. */
  readonly misses = (changes: ChangeRange): boolean =>
    localIn(this.#pieces).some((piece) => overlap(piece.changes, changes));

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

  /** Goes on after `hold`. */
  resume(): void {
    this.#held?.end();
    this.#held = undefined;
    this.#write();
  }

  /** Somebody else keeps what was held back. */
  handOver(): void {
    this.#pieces = [];
    this.resume();
  }

  /** The document was rebuilt: what it is made of is being written by others, and all that follows waits for that. */
  expect(state: Uint8Array, local: readonly Piece[]): void {
    this.#holdBack();
    this.#pieces = [{ bytes: state, changes: NO_CHANGES }, ...local];
  }

  /**
   * How that write ended.
   * @param records of the local pieces; nothing when the device failed: then all of it waits for the next write
   */
  expected(records: readonly number[] | undefined): void {
    if (records !== undefined) {
      const [, ...local] = this.#pieces;
      for (const [index, record] of records.entries()) {
        const changes = local[index]?.changes;
        if (changes !== undefined) this.#unmarked.push({ record, changes, own: true });
      }
      this.#pieces = this.#pieces.slice(records.length + 1);
    }
    this.resume();
    this.#ended();
  }

  /** Folds the records into one when there were many. */
  fold(): void {
    if (this.#records > FOLD_ABOVE) this.#follow(this.#store.fold(this.#document, foldUpdates));
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  async settled(): Promise<void> {
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

  /** Writes all that waits as one record. */
  #write(): void {
    if (this.#held !== undefined || this.#inFlight > 0 || this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    const local = localIn(pieces);
    const changes = { from: local[0]?.changes.from ?? 0, upTo: local.at(-1)?.changes.upTo ?? 0 };
    const count = changes.upTo - changes.from;
    const bytes = mergeUpdates(pieces.map((piece) => piece.bytes));
    const document = this.#document;
    this.#inFlight = pieces.length;
    const write = this.#store.append(
      count > 0
        ? { document, bytes, origin: 'local', changes: count }
        : { document, bytes, origin: 'remote' },
    );
    this.#follow(
      write
        .then(
          (record) => {
            this.#pieces = this.#pieces.slice(pieces.length);
            if (count > 0) this.#unmarked.push({ record, changes, own: true });
            return true;
          },
          () => false,
        )
        .then((kept) => {
          this.#inFlight = 0;
          // A device that just failed is asked again when there is more to keep, not all the time.
          if (kept || this.#pieces.length > pieces.length) this.#write();
          if (count > 0) this.#ended();
        }),
    );
  }

  /** Which changes a found record holds is not kept, so it is marked when all up to `made` are stored. */
  #adopt(loaded: StoredDocument, made: number): void {
    const changes = { from: 0, upTo: made };
    this.#unmarked = loaded.unstoredRecords.map((record) => ({ record, changes, own: false }));
  }

  #follow(write: Promise<unknown>): void {
    // Failures of local changes were taken down above; every other write is made good by the next sync.
    const ended = write.then(
      () => undefined,
      () => undefined,
    );
    this.#last = Promise.all([this.#last, ended]).then(() => undefined);
  }
}

/** The range of what came from the server. */
const NO_CHANGES: ChangeRange = { from: 0, upTo: 0 };

function localIn(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.filter(({ changes }) => changes.upTo > changes.from);
}

function overlap(a: ChangeRange, b: ChangeRange): boolean {
  return a.from < b.upTo && b.from < a.upTo;
}
