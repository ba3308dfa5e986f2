import type { ChangeRange } from '@weft/protocol';
import type { DeviceStore, StoredDocument } from '@weft/storage';
import { foldUpdates } from './merge.ts';

/** A record of the device with local changes in it, not yet marked as stored. */
interface KeptRecord {
  readonly record: number;
  readonly changes: ChangeRange;
}

/** Whether the server has all changes of a range. */
type HasStored = (changes: ChangeRange) => boolean;

/** Records above which a document is folded into one: below, opening writes nothing. */
const FOLD_ABOVE = 500;

/**
 * Keeps one document's updates on the device: which local changes are on it, and which records of them the server
 * has. Failures of the device end here, in what `isKept` says; they never reach the edit.
 */
export class Keeper {
  readonly #store: DeviceStore;
  readonly #document: string;
  /** Called after each write of local changes that ended, well or not. */
  readonly #ended: () => void;
  readonly #writing = new Set<ChangeRange>();
  readonly #failed: ChangeRange[] = [];
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
    this.#writing.add(changes);
    const write = this.#store.append({
      document: this.#document,
      bytes,
      origin: 'local',
      changes: changes.upTo - changes.from,
    });
    this.#follow(
      write
        .then(
          (record) => void this.#unmarked.push({ record, changes }),
          () => void this.#failed.push(changes),
        )
        .then(() => {
          this.#writing.delete(changes);
          this.#ended();
        }),
    );
  }

  /** Keeps what came from the server. If that fails, it comes again with the next sync. */
  remote(bytes: Uint8Array): void {
    this.#follow(this.#store.append({ document: this.#document, bytes, origin: 'remote' }));
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
    return this.#writing.size === 0 && this.#failed.every((changes) => hasStored(changes));
  }

  /**
   * The store has been told of another history: its records count as not stored, and so do ours.
   * @param made local changes so far
   */
  forget(made: number): void {
    this.#follow(this.#store.load(this.#document).then((loaded) => this.#adopt(loaded, made)));
  }

  /** Folds the records into one when there were many. */
  fold(): void {
    if (this.#records > FOLD_ABOVE) this.#follow(this.#store.fold(this.#document, foldUpdates));
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Which changes a found record holds is not kept, so it is marked when all up to `made` are stored. */
  #adopt(loaded: StoredDocument, made: number): void {
    const changes = { from: 0, upTo: made };
    this.#unmarked = loaded.unstoredRecords.map((record) => ({ record, changes }));
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
