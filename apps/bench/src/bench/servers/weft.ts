import { join } from 'node:path';
import { createWeftServer } from '@weft/server';
import { openSqliteStore } from '@weft/storage/sqlite';
import { WEFT_DATABASE } from '../weft-database.ts';
import { host } from './host.ts';

/** Ours, put together as the deployable does it. */
host(async ({ dataDir, secret }) => {
  const store = await openSqliteStore({ file: join(dataDir, WEFT_DATABASE) });
  const server = await createWeftServer({
    store,
    secret,
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (message, details) => {
        process.stderr.write(`weft: ${message} ${JSON.stringify(details ?? {})}\n`);
      },
    },
  });
  const { port } = await server.listen(0, '127.0.0.1');
  return { port, close: () => server.close() };
});
