import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

/** Name of our server's database in its data directory. */
export const WEFT_DATABASE = 'weft.db';

/** Milliseconds between two looks, and until folding must have happened. */
const LOOK_EVERY = 50;
const DEADLINE = 60_000;

function look<T>(dataDir: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(dataDir, WEFT_DATABASE), { readOnly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

function count(db: DatabaseSync, sql: string, ...values: readonly string[]): number {
  return Number(db.prepare(sql).get(...values)?.['value'] ?? 0);
}

/** Resolves when each document's tail is folded into a snapshot, but for at most `tail` records. The server runs. */
export async function foldedDown(
  dataDir: string,
  documents: readonly string[],
  tail: number,
): Promise<void> {
  const end = performance.now() + DEADLINE;
  for (const document of documents) {
    for (;;) {
      const stream = `_/${document}`;
      const done = look(dataDir, (db) => {
        const snapshot = count(
          db,
          'SELECT up_to AS value FROM snapshots JOIN streams ON streams.id = stream WHERE name = ?',
          stream,
        );
        return snapshot > 0 && recordsOf(db, stream) <= tail;
      });
      if (done) break;
      if (performance.now() > end) throw new Error(`${document} was not folded.`);
      await pause(LOOK_EVERY);
    }
  }
}

function recordsOf(db: DatabaseSync, stream: string): number {
  return count(
    db,
    'SELECT count(*) AS value FROM records JOIN streams ON streams.id = stream WHERE name = ?',
    stream,
  );
}

/** What a document takes in our database. */
export interface Size {
  /** Bytes of all pages in use but those of people, client ids and the search of messages; free pages and the write-ahead log left out. */
  readonly pages: number;
  /** Bytes of the document's snapshot, and of the records behind it. */
  readonly snapshot: number;
  readonly tail: number;
  readonly records: number;
}

/** Looks at the database of a server that was stopped, and has so brought its write-ahead log into the file. */
export function weftSize(dataDir: string, document: string): Size {
  const stream = `_/${document}`;
  return look(dataDir, (db) => ({
    pages: count(
      db,
      `SELECT sum(pgsize) AS value FROM dbstat
       WHERE name NOT IN ('resources', 'members', 'guests', 'clients', 'sqlite_sequence')
         AND name NOT LIKE '%text%'`,
    ),
    snapshot: count(
      db,
      'SELECT length(bytes) AS value FROM snapshots JOIN streams ON streams.id = stream WHERE name = ?',
      stream,
    ),
    tail: count(
      db,
      'SELECT sum(length(bytes)) AS value FROM records JOIN streams ON streams.id = stream WHERE name = ?',
      stream,
    ),
    records: recordsOf(db, stream),
  }));
}
