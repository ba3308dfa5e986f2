import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '@weft/storage';

/** A record that an append was answered with, and how large the WAL was then: that much was on the disk. */
export interface AnsweredRecord {
  readonly stream: string;
  readonly number: number;
  readonly walBytes: number;
}

/** A stretch of a database's life between two checkpoints: its file did not change, its WAL grew. */
export interface Stretch {
  /** Copy of the database's file. */
  readonly base: string;
  readonly wal: Uint8Array;
  readonly answered: readonly AnsweredRecord[];
}

/** A store that notes, for each answered append, how much of the WAL was on the disk. */
export function recordingStore(store: Store, file: string) {
  let answered: AnsweredRecord[] = [];
  const recorded: Store = {
    ...store,
    log: {
      ...store.log,
      append: async (entries) => {
        const result = await store.log.append(entries);
        // Whoever is told of it is told after this line.
        const walBytes = statSync(`${file}-wal`).size;
        if (result.outcome === 'appended') {
          for (const [index, number] of result.numbers.entries()) {
            answered.push({ stream: entries[index]?.stream ?? '', number, walBytes });
          }
        }
        return result;
      },
    },
  };
  return {
    store: recorded,
    /** Empties the WAL into the file: a new stretch begins. */
    begin: (): Uint8Array => {
      const other = new DatabaseSync(file, { timeout: 5_000 });
      const done = other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      other.close();
      // Not emptied, the next commits would begin at its start again, and its size would say nothing.
      if (done?.['busy'] !== 0)
        throw new Error(`The WAL could not be emptied: ${JSON.stringify(done)}`);
      answered = [];
      return readFileSync(file);
    },
    /** Ends a stretch. @throws Error when the file changed meanwhile: then the WAL alone does not tell its story */
    end: (before: Uint8Array, base: string): Stretch => {
      const wal = readFileSync(`${file}-wal`);
      copyFileSync(file, base);
      if (!readFileSync(base).equals(before)) throw new Error('There was a checkpoint in between.');
      return { base, wal, answered };
    },
  };
}
