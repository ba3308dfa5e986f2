import type { IncomingMessage, ServerResponse } from 'node:http';
import { WeftError } from '@weft/protocol';
import type { Store, StoreHealth } from '@weft/storage';
import { signInGuest } from '../auth/guests.ts';
import type { Tokens } from '../auth/tokens.ts';
import { asyncApi } from '../contracts/asyncapi.ts';
import { openApi } from '../contracts/openapi.ts';
import type { WeftCore } from '../core.ts';
import { reasonOf } from '../logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { admitScrape } from '../telemetry/scrape.ts';
import { CONVERSATIONS_PATH, answerConversations } from './conversations.ts';
import { FILES_PATH, answerFiles } from './files.ts';
import { readJson, sendJson } from './json.ts';
import { templateOf } from './routes.ts';
import { SEARCH_PATH, answerSearch } from './search.ts';
import { SHARING_PATHS, answerSharing } from './sharing.ts';

/** Where a server is in its life. */
export type Phase = 'starting' | 'ready' | 'draining' | 'closed';

/** What HTTP requests are answered from. */
export interface HttpHost {
  readonly core: WeftCore;
  readonly store: Store;
  readonly tokens: Tokens;
  /** Whether guests are signed in. */
  readonly guests: boolean;
  /** Numbers for Prometheus, and the token that gives them; `undefined` when nobody counts. */
  readonly metrics: { readonly of: Metrics; readonly token: string | undefined } | undefined;
  readonly fallback:
    | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>)
    | undefined;
  /** UTC milliseconds. */
  now(): number;
  phase(): Phase;
}

/** What tells about the server itself is answered while it drains, too. */
const WHILE_DRAINING = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Answers a request.
 * @throws WeftError of the table; whatever the store throws
 */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  host: HttpHost,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { pathname } = url;
  const { core, store, tokens } = host;
  if (host.phase() === 'draining' && !WHILE_DRAINING.has(pathname)) {
    throw new WeftError('shutting-down');
  }
  // What is not listed is not there: nobody answers what no contract names and no number counts.
  if (
    (pathname.startsWith('/api/') || pathname.startsWith(FILES_PATH)) &&
    templateOf(pathname) === undefined
  ) {
    throw new WeftError('not-found');
  }
  const now = () => host.now();
  if (pathname.startsWith(CONVERSATIONS_PATH)) {
    const { talk, verify, tracing } = core;
    await answerConversations(request, response, url, { talk, verify, now, tracing });
    return;
  }
  if (pathname === SEARCH_PATH) {
    await answerSearch(request, response, url, { talk: core.talk, verify: core.verify });
    return;
  }
  if (pathname.startsWith(FILES_PATH)) {
    await answerFiles(request, response, url, { files: core.files, verify: core.verify });
    return;
  }
  if (SHARING_PATHS.some((path) => pathname.startsWith(path))) {
    await answerSharing(request, response, url, { core, registry: store.registry, now });
    return;
  }
  switch (pathname) {
    case '/healthz':
      sendJson(response, 200, { status: 'ok' });
      return;
    case '/readyz':
      await answerReady(response, host);
      return;
    case '/metrics':
      await answerScrape(request, response, host);
      return;
    case '/openapi.json':
      answerContract(request, response, openApi);
      return;
    case '/asyncapi.json':
      answerContract(request, response, asyncApi);
      return;
    case '/auth/guest': {
      if (request.method !== 'POST') throw new WeftError('method-not-allowed');
      if (!host.guests) throw new WeftError('guests-off');
      sendJson(response, 200, await signInGuest(store.registry, tokens, await readJson(request)));
      return;
    }
    default:
      if (host.fallback === undefined) throw new WeftError('not-found');
      await host.fallback(request, response);
  }
}

/** Ready is: takes work, and can keep it. */
async function answerReady(response: ServerResponse, host: HttpHost): Promise<void> {
  const health = await healthOf(host.store);
  const phase = host.phase();
  if (phase !== 'ready') sendJson(response, 503, { status: phase });
  else if (health.state === 'failing') {
    sendJson(response, 503, { status: 'failing', code: 'storage-failed', reason: health.reason });
  } else sendJson(response, 200, { status: phase });
}

/** Contracts are made when they are first asked for: few servers ever are. */
const contracts = new Map<() => unknown, unknown>();

function answerContract(
  request: IncomingMessage,
  response: ServerResponse,
  make: () => unknown,
): void {
  if (request.method !== 'GET') throw new WeftError('method-not-allowed');
  const contract = contracts.get(make) ?? make();
  contracts.set(make, contract);
  sendJson(response, 200, contract);
}

async function answerScrape(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics }: HttpHost,
): Promise<void> {
  if (metrics === undefined) throw new WeftError('not-found');
  if (request.method !== 'GET') throw new WeftError('method-not-allowed');
  admitScrape(request, metrics.token);
  const { type, text } = await metrics.of.scrape();
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

/** Whether commits and readings work: reading fails too when the medium does. */
export async function healthOf(store: Store): Promise<StoreHealth> {
  const health = (await store.health?.()) ?? { state: 'well' };
  if (health.state === 'failing') return health;
  return store.log.head('readyz').then(
    () => health,
    (error: unknown) => ({ state: 'failing', reason: reasonOf(error) }),
  );
}
