import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Name of the stock server's database in its data directory. */
export const STOCK_DATABASE = 'hocuspocus.db';

/** Bytes of all pages in use in the database of a stock server that was stopped. */
export function stockPages(dataDir: string): number {
  const db = new DatabaseSync(join(dataDir, STOCK_DATABASE), { readOnly: true });
  try {
    return Number(db.prepare('SELECT sum(pgsize) AS value FROM dbstat').get()?.['value'] ?? 0);
  } finally {
    db.close();
  }
}
