import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { WeftError } from '@weft/protocol';
import { StorageError, type Store, type StoreHealth } from '@weft/storage';
import { signInGuest } from './auth/guests.ts';
import { Tokens } from './auth/tokens.ts';
import { createWeftCore } from './core.ts';
import type { DocumentLimits } from './door/limits.ts';
import { Gateway } from './gateway/gateway.ts';
import type { Unstored } from './gateway/outstanding.ts';
import { CONVERSATIONS_PATH, answerConversations } from './http/conversations.ts';
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
   * Drains: no new sockets, tells clients to come back, no further reads, commits what was read, closes sockets and
   * store. Idempotent. Resolves also when the disk fails, with what that left unstored; not while it hangs.
   */
  drain(): Promise<Drained>;
  /** `drain` for those who do not ask how it went. */
  close(): Promise<void>;
  /** What was read from sockets and is not known to be stored. */
  readonly unstored: readonly Unstored[];
}

/** How a server ended. */
export interface Drained {
  /** Writes that were read and could not be stored; those who sent them know, and keep them. */
  readonly unstored: readonly Unstored[];
  /** Whether commits worked at the end. */
  readonly health: StoreHealth;
}

/** Connections that the kernel may hold before they are accepted: Node's 511 drops SYNs in a reconnect storm. */
const BACKLOG = 4096;

/** Milliseconds between two looks at whether everything that was read is answered. */
const BUSY_MS = 2;

/** Milliseconds over which clients come back after a restart: so many for each of them, within bounds. */
const RETURN_SPREAD = { each: 2, least: 1_000, most: 30_000 } as const;

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
      sendError(response, toWeftError(error));
    });
  });
  const gateway = new Gateway(server, core, logger);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { pathname } = url;
    const asksForHealth = pathname === '/healthz' || pathname === '/readyz';
    if (state === 'draining' && !asksForHealth) throw new WeftError('shutting-down');
    if (pathname.startsWith(CONVERSATIONS_PATH)) {
      const verify = (token: string) => tokens.verify(token);
      await answerConversations(request, response, url, { talk: core.talk, verify, now });
      return;
    }
    switch (pathname) {
      case '/healthz':
        sendJson(response, 200, { status: 'ok' });
        return;
      case '/readyz':
        await answerReady(response);
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

  /** Ready is: takes work, and can keep it. */
  const answerReady = async (response: ServerResponse): Promise<void> => {
    const health = await healthOf(store);
    if (state !== 'ready') sendJson(response, 503, { status: state });
    else if (health.state === 'failing') {
      sendJson(response, 503, { status: 'failing', code: 'storage-failed', reason: health.reason });
    } else sendJson(response, 200, { status: state });
  };

  let draining: Promise<Drained> | undefined;
  const drainOnce = async (): Promise<Drained> => {
    state = 'draining';
    core.outstanding.end();
    const { each, least, most } = RETURN_SPREAD;
    gateway.stop(random, Math.min(most, Math.max(least, gateway.size * each)));
    // Whatever was read is answered before its socket closes. Whoever asks meanwhile whether we are ready is told no.
    while (core.busy) await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    const unstored = core.outstanding.list;
    const health = await healthOf(store);
    await gateway.closeAll();
    const stopped = stopListening(server);
    server.closeAllConnections();
    await stopped;
    await core.close();
    await store.close();
    state = 'closed';
    return { unstored, health };
  };

  const drain = () => (draining ??= drainOnce());

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
    drain,
    close: async () => {
      await drain();
    },
    get unstored() {
      return core.outstanding.list;
    },
  };
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}

/** Reading fails too when the medium does. */
async function healthOf(store: Store): Promise<StoreHealth> {
  const health = (await store.health?.()) ?? { state: 'well' };
  if (health.state === 'failing') return health;
  return store.log.head('readyz').then(
    () => health,
    (error: unknown) => ({ state: 'failing', reason: reasonOf(error) }),
  );
}

function toWeftError(error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  return new WeftError(error instanceof StorageError ? 'storage-failed' : 'internal');
}
