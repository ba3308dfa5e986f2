import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import { servePage } from './pages.ts';

/** A Hocuspocus server with a database, as its guide builds one; each document is a file. */

const { PORT, WEFT_DATA_DIR = '.' } = process.env;
const fileOf = (name: string) => join(WEFT_DATA_DIR, `${encodeURIComponent(name)}.yjs`);

const server = new Server({
  port: Number(PORT),
  address: '127.0.0.1',
  quiet: true,
  // Its defaults are 2 and 10 seconds: longer here, so that a slow machine does not store what a test wants to be lost.
  debounce: 8_000,
  maxDebounce: 16_000,
  extensions: [
    new Database({
      fetch: ({ documentName }) => readFile(fileOf(documentName)).catch(() => null),
      store: ({ documentName, state }) => writeFile(fileOf(documentName), state),
    }),
  ],
  onRequest: async ({ request, response }) => {
    await servePage(request, response);
    // oxlint-disable-next-line typescript/only-throw-error -- its word for a request that was answered
    throw null;
  },
});
await server.listen();
console.log(`Stock Hocuspocus is at http://127.0.0.1:${server.address.port} `);
