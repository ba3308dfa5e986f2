import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type PaceLimits, WeftError } from '@weft/protocol';
import { StorageError, type Store, type StoreHealth } from '@weft/storage';
import type { AdmissionFigures } from './admission/admission.ts';
import type { AdmissionLimits } from './admission/limits.ts';
import type { Authorize } from './auth/authorize.ts';
import type { KeySet } from './auth/key-set.ts';
import type { Revoked } from './auth/revocations.ts';
import { Tokens } from './auth/tokens.ts';
import { createWeftCore } from './core.ts';
import type { FileLimits } from './files/limits.ts';
import type { DocumentLimits } from './door/limits.ts';
import { Gateway } from './gateway/gateway.ts';
import type { FlowCounters } from './gateway/outflow.ts';
import type { Unstored } from './gateway/outstanding.ts';
import type { Rate, RateKind } from './gateway/rates.ts';
import { type HttpHost, type Phase, answerHttp, healthOf } from './http/answer.ts';
import { setSecurityHeaders } from './http/headers.ts';
import { sendError, sendErrorEarly } from './http/json.ts';
import { cutOffSlow } from './http/slow-requests.ts';
import { type Logger, reasonOf, silentLogger } from './logger.ts';
import type { SessionFigures } from './session/sessions.ts';
import type { Tracer } from '@opentelemetry/api';
import { Metrics } from './telemetry/metrics.ts';
import { createTracing, tracedLogger, within } from './telemetry/trace.ts';
import { followRequest } from './telemetry/request.ts';

export interface WeftServerOptions {
  /** The database: `openSqliteStore` or `openMemoryStore`. The server closes it. */
  readonly store: Store;
  /** Key of the tokens (HS256), at least 32 bytes. */
  readonly secret: string;
  /** Keys of tokens that somebody else signs (`openKeySet`), beside the secret; default: none. */
  readonly keys?: KeySet;
  /**
   * Your application's say in rights, final: a role on `workspace/<id>`, `document/<id>` or `conversation/<id>`, or `null`.
   * `webhookAuthorize` asks by HTTP. What takes longer than 3 s, or throws, gives nothing. Answers are kept for 5 s: call
   * `rightsChanged` when they change. Default: tokens and the database decide.
   */
  readonly authorize?: Authorize;
  /** Whether `POST /auth/guest` signs people in; default true. */
  readonly guests?: boolean;
  /** Answers every request that is not the server's own (the web app, say); default: 404. */
  readonly fallback?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  readonly logger?: Logger;
  /** Name of this build, told to clients. */
  readonly build?: string;
  /** Caps on updates and documents; each left out has its default. */
  readonly limits?: Partial<DocumentLimits>;
  /** What people may bring as files: bytes of one (25 MiB), of a person's day (1 GiB). Stores without `blobs` take none. */
  readonly files?: Partial<FileLimits>;
  /** How fast one person may send commands; each left out has its default (300 at once, 100 a second). */
  readonly pace?: Partial<PaceLimits>;
  /** How fast one person may search; each left out has its default (30 at once, 5 a second). */
  readonly searchPace?: Partial<PaceLimits>;
  /** How much one person may send; each kind left out has its default. */
  readonly rates?: Partial<Record<RateKind, Rate>>;
  /** How many may be here at once; each left out has its default (10,000 seats). */
  readonly admission?: Partial<AdmissionLimits>;
  /**
   * Addresses, or networks (`10.0.0.0/8`), of proxies in front of this server: where connections come from is what they
   * say in `X-Forwarded-For`. Default: none, and the header counts for nothing.
   */
  readonly proxies?: readonly string[];
  /** Origins whose pages may open sockets, beside the server's own: `https://app.example`, or `*` for all. */
  readonly origins?: readonly string[];
  /**
   * Numbers for Prometheus at `/metrics`: for whoever brings the token (`Authorization: Bearer`), or without one for
   * this machine alone, and not through a proxy. Default: nothing is counted.
   */
  readonly metrics?: { readonly token?: string };
  /**
   * OpenTelemetry's tracer, as your provider gives it: spans of edits, messages and HTTP requests, and their ids in the
   * log. Default: nothing is traced.
   */
  readonly tracer?: Tracer;
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
  /**
   * Rights of a person (of everybody in the tenant, without one) have changed in your application: those of all that they
   * have open are asked anew, and what they lost is closed within a second.
   */
  rightsChanged(tenant: string, sub?: string): void;
  /**
   * Takes back every token that a person was issued until now, or one by its `jti`: their sockets close within a second,
   * with the code `revoked`. Resolves when that is stored.
   */
  revoke(tenant: string, what: Revoked): Promise<void>;
  /** What was read from sockets and is not known to be stored. */
  readonly unstored: readonly Unstored[];
  /** What was done to spare slow readers, since the start. */
  readonly flow: Readonly<FlowCounters>;
  /** Who is here, who waits, who came back, and who was refused. */
  readonly admission: AdmissionFigures;
  /** Sessions begun, resumed, parked. */
  readonly sessions: SessionFigures;
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

/** Milliseconds that the head of a request may take, and between two looks at those that do not come. */
const SLOW_REQUESTS = {
  headersTimeout: 4_000,
  // Files take their time: `cutOffSlow` says how long each request may take.
  requestTimeout: 0,
  connectionsCheckingInterval: 500,
} as const;

/** Milliseconds between two looks at whether everything that was read is answered. */
const BUSY_MS = 2;

/** Milliseconds over which clients come back after a restart: so many for each of them, within bounds. */
const RETURN_SPREAD = { each: 2, least: 1_000, most: 30_000 } as const;

/** Makes a server around a store: seeds it once, and wires gateway, door, engine and conversations together. */
export async function createWeftServer(options: WeftServerOptions): Promise<WeftServer> {
  const { store } = options;
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const tracing = options.tracer && createTracing(options.tracer);
  const given = options.logger ?? silentLogger;
  const logger = tracing === undefined ? given : tracedLogger(given);
  const tokens = new Tokens(options.secret, now, options.keys);
  const metrics = options.metrics === undefined ? undefined : new Metrics();
  const core = await createWeftCore({
    store,
    verify: (token) => tokens.verify(token),
    now,
    logger: given,
    build: options.build ?? 'unknown',
    ...(options.authorize === undefined ? {} : { authorize: options.authorize }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.files === undefined ? {} : { files: options.files }),
    ...(options.pace === undefined ? {} : { pace: options.pace }),
    ...(options.searchPace === undefined ? {} : { searchPace: options.searchPace }),
    ...(options.rates === undefined ? {} : { rates: options.rates }),
    ...(options.admission === undefined ? {} : { admission: options.admission }),
    ...(metrics === undefined ? {} : { meter: metrics }),
    ...(tracing === undefined ? {} : { tracing }),
  });

  let phase: Phase = 'starting';
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      cutOffSlow(request);
      setSecurityHeaders(response);
      const trace = followRequest(request, response, { metrics, tracing, logger });
      await within(trace, () => answerHttp(request, response, host));
    } catch (error) {
      if (!(error instanceof WeftError)) {
        logger.error('A request met an error.', { reason: reasonOf(error) });
      }
      // Half an answer is all that it gets: nothing can be said any more but that it ends.
      if (response.headersSent) response.destroy();
      else if (request.complete) sendError(response, toWeftError(error));
      else sendErrorEarly(request, response, toWeftError(error));
    }
  };
  const server = createServer(SLOW_REQUESTS, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // An error that nobody hears of would end the process, and every socket with it.
      logger.error('A request could not be answered.', { reason: reasonOf(error) });
      request.socket.destroy();
    });
  });
  const { origins = [], proxies = [] } = options;
  const gateway = new Gateway(server, core, logger, { origins, proxies });
  const host: HttpHost = {
    core,
    store,
    tokens,
    guests: options.guests ?? true,
    metrics: metrics && { of: metrics, token: options.metrics?.token },
    fallback: options.fallback,
    now,
    phase: () => phase,
  };
  metrics?.observe({ core, gateway, store, logger });

  let draining: Promise<Drained> | undefined;
  const drainOnce = async (): Promise<Drained> => {
    phase = 'draining';
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
    metrics?.close();
    await core.close();
    await store.close();
    phase = 'closed';
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
          phase = 'ready';
          resolve({ port: bound.port, host: address });
        });
      }),
    rightsChanged: (tenant, sub) => core.rightsChanged(tenant, sub),
    revoke: (tenant, what) => core.revoke(tenant, what),
    drain,
    close: async () => {
      await drain();
    },
    flow: core.flow,
    get admission() {
      return core.admission.figures;
    },
    get sessions() {
      return core.sessions;
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

function toWeftError(error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  return new WeftError(error instanceof StorageError ? 'storage-failed' : 'internal');
}
