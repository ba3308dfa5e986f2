import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { WeftError } from '@weft/protocol';
import type { Store } from '@weft/storage';
import { signInGuest } from './auth/guests.ts';
import { Tokens } from './auth/tokens.ts';
import { createWeftCore } from './core.ts';
import type { DocumentLimits } from './door/limits.ts';
import { Gateway } from './gateway/gateway.ts';
import { readJson, sendError, sendJson } from './http/json.ts';
import { type Logger, reasonOf, silentLogger } from './logger.ts';

export interface WeftServerOptions {
  /** The database: `openSqliteStore` or `openMemoryStore`. The server closes it. */
  readonly store: Store;
  /** Key of the tokens (HS256), at least 32 bytes. */
  readonly secret: string;
  /** Whether `POST /auth/guest` signs people in; default true. */
  readonly guests?: boolean;
  /** Answers every request that is not the server's own (the web app, say); default: 404. */
  readonly fallback?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly logger?: Logger;
  /** Name of this build, told to clients. */
  readonly build?: string;
  /** Caps on updates and documents; each left out has its default. */
  readonly limits?: Partial<DocumentLimits>;
  /** UTC milliseconds; default: the system's clock. */
  readonly now?: () => number;
  /** Uniform in [0, 1): spreads the return of clients at a shutdown. */
  readonly random?: () => number;
}

export interface WeftServer {
  /**
   * Listens. Resolves with the address in use; port 0 takes a free one.
   * @throws the system's error (`EADDRINUSE`, `EACCES`, …)
   */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly host: string }>;
  /**
   * Drains: no new sockets, no further reads, commits what was read, tells clients to come back, closes the store.
   * Idempotent.
   */
  close(): Promise<void>;
}

/** Connections that the kernel may hold before they are accepted: Node's 511 drops SYNs in a reconnect storm. */
const BACKLOG = 4096;

/** Milliseconds over which clients come back after a restart. */
const RETURN_SPREAD_MS = 1_000;

/** Makes a server around a store: seeds it once, and wires gateway, door, engine and conversations together. */
export async function createWeftServer(options: WeftServerOptions): Promise<WeftServer> {
  const { store } = options;
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const logger = options.logger ?? silentLogger;
  const tokens = new Tokens(options.secret, now);
  const core = await createWeftCore({
    store,
    verify: (token) => tokens.verify(token),
    now,
    logger,
    build: options.build ?? 'unknown',
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });

  let state: 'starting' | 'ready' | 'draining' | 'closed' = 'starting';
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof WeftError)) {
        logger.error('A request met an error.', { reason: reasonOf(error) });
      }
      sendError(response, error instanceof WeftError ? error : new WeftError('internal'));
    });
  });
  const gateway = new Gateway(server, core, logger);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    switch (pathname) {
      case '/healthz':
        sendJson(response, 200, { status: 'ok' });
        return;
      case '/readyz':
        if (state === 'ready') await store.log.head('readyz');
        sendJson(response, state === 'ready' ? 200 : 503, { status: state });
        return;
      case '/auth/guest': {
        if (request.method !== 'POST') throw new WeftError('method-not-allowed');
        if (options.guests === false) throw new WeftError('guests-off');
        sendJson(response, 200, await signInGuest(store.registry, tokens, await readJson(request)));
        return;
      }
      default:
        if (options.fallback === undefined) throw new WeftError('not-found');
        options.fallback(request, response);
    }
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    state = 'draining';
    gateway.stop();
    const stopped = stopListening(server);
    // One turn of the event loop is one commit: whatever was read is answered before its socket closes.
    while (core.busy) await new Promise((resolve) => setImmediate(resolve));
    await gateway.closeAll(random, RETURN_SPREAD_MS);
    server.closeAllConnections();
    await stopped;
    await core.close();
    await store.close();
    state = 'closed';
  };

  return {
    listen: (port, address) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: address, backlog: BACKLOG }, () => {
          server.off('error', reject);
          const bound = server.address();
          if (bound === null || typeof bound === 'string') {
            reject(new Error('The server has no port.'));
            return;
          }
          state = 'ready';
          resolve({ port: bound.port, host: address });
        });
      }),
    close: () => (closing ??= close()),
  };
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}
