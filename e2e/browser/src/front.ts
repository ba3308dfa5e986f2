import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { extname, join } from 'node:path';

/** A server of the app's files in front of the real one: it can change the release under the same origin. */
export interface Front {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** From now on serves the files of this directory, and no others. */
  serve(directory: string): void;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** What the real server answers itself. */
const PASSED = /^\/(sync|auth|healthz|readyz)(\/|\?|$)/;

/** @param target origin of the real server */
export async function startFront(target: string, first: string): Promise<Front> {
  const { hostname, port } = new URL(target);
  let directory = first;

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: hostname, port, method, path, headers, agent: false });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const answer = async (path: string, outgoing: ServerResponse) => {
    const named = extname(path) === '' ? '/index.html' : path;
    // Encoded dots would lead out of the directory; the app has no such names.
    const content = /^[\w./-]+$/.test(named)
      ? await readFile(join(directory, named)).catch(() => undefined)
      : undefined;
    outgoing.writeHead(content === undefined ? 404 : 200, {
      'content-type': TYPES[extname(named)] ?? 'application/octet-stream',
      'cache-control': named.startsWith('/assets/')
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
    });
    outgoing.end(content);
  };

  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/';
    if (PASSED.test(path)) pass(incoming, outgoing);
    else void answer(path.split('?', 1)[0] ?? '/', outgoing);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const onward = connect(Number(port), hostname);
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
      lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
    }
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: own }: AddressInfo = listening(server.address());
  return {
    url: `http://127.0.0.1:${own}`,
    serve: (next) => {
      directory = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listening(address: AddressInfo | string | null): AddressInfo {
  if (typeof address !== 'object' || address === null) throw new Error('The front has no address.');
  return address;
}
