import type { Store } from '../store.ts';
import { openDatabase } from './database.ts';
import { createSqliteLog } from './sqlite-log.ts';
import { createSqliteRegistry } from './sqlite-registry.ts';

/**
 * Opens the embedded store: one SQLite file (WAL, `synchronous=FULL`) and, beside it, its lock.
 * @throws StorageError when the file is in use, foreign, newer, damaged or cannot be written
 */
export async function openSqliteStore(options: { readonly file: string }): Promise<Store> {
  const { db, identity, close } = openDatabase(options.file);
  const log = createSqliteLog(db, options.file);
  return {
    log,
    registry: createSqliteRegistry(db, options.file),
    identity,
    close: async () => {
      await log.close();
      close();
    },
  };
}
