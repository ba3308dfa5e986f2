import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const PAGES = fileURLToPath(new URL('../pages/', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

let built: Promise<unknown> | undefined;

/** Once in a process, whatever the number of test files that ask for it. */
export async function buildPages(): Promise<void> {
  built ??= build({
    root: PAGES,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: BUILT, emptyOutDir: true, minify: false, reportCompressedSize: false },
  });
  await built;
}

/** Answers with a file of the built pages. */
export async function servePage(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const path = (incoming.url ?? '/').split('?', 1)[0] ?? '/';
  const named = path === '/' ? '/index.html' : path;
  const content = /^[\w./-]+$/.test(named)
    ? await readFile(join(BUILT, named)).catch(() => undefined)
    : undefined;
  outgoing.writeHead(content === undefined ? 404 : 200, {
    'content-type': TYPES[extname(named)] ?? 'application/octet-stream',
  });
  outgoing.end(content);
}
