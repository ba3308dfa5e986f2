import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import { STOCK_DATABASE } from '../stock-database.ts';
import { host } from './host.ts';

/**
 * Stock Hocuspocus on SQLite. Its published SQLite extension needs a native build; this is what that one does (its
 * table, its two statements, SQLite's own defaults for journal and sync) over `node:sqlite`.
 */
host(async ({ dataDir }) => {
  const db = new DatabaseSync(join(dataDir, STOCK_DATABASE));
  db.exec(
    'CREATE TABLE IF NOT EXISTS documents (name varchar(255) NOT NULL, data blob NOT NULL, UNIQUE(name))',
  );
  const server = new Server({
    port: 0,
    address: '127.0.0.1',
    quiet: true,
    stopOnSignals: false,
    extensions: [
      new Database({
        fetch: async ({ documentName }) => {
          const select = db.prepare(
            'SELECT data FROM documents WHERE name = ? ORDER BY rowid DESC',
          );
          const data = select.get(documentName)?.['data'];
          return data instanceof Uint8Array ? data : null;
        },
        store: async ({ documentName, state }) => {
          db.prepare(
            `INSERT INTO documents (name, data) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET data = ?2`,
          ).run(documentName, state);
        },
      }),
    ],
  });
  await server.listen();
  return {
    port: server.address.port,
    close: async () => {
      await server.destroy();
      db.close();
    },
  };
});
