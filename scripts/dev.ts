/**
 * `npm run dev`: the server, restarted when its sources change, and Vite's development server in front of it.
 * PORT (default 4400) is the server's port; the page to open is Vite's, whose address is printed.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './root.ts';

const port = process.env['PORT'] ?? '4400';
const host = process.env['HOST'] ?? '127.0.0.1';
const target = `http://${host}:${port}`;

const server = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', join(root, 'apps', 'server', 'src', 'main.ts')],
  { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PORT: port, HOST: host } },
);

const vite = await createServer({
  root: join(root, 'apps', 'web'),
  server: {
    host,
    // The socket and everything that the server answers besides the app's files.
    proxy: {
      '/sync': { target, ws: true },
      '/auth': { target },
      '/healthz': { target },
      '/readyz': { target },
    },
  },
});
await vite.listen();
vite.printUrls();

let stopping = false;
async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  server.kill('SIGTERM');
  await vite.close();
  process.exitCode = code;
}

server.once('exit', (code) => void stop(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
