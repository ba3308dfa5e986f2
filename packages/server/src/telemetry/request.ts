import type { IncomingMessage, ServerResponse } from 'node:http';
import { templateOf } from '../http/routes.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from './metrics.ts';
import { secondsSince } from './metered.ts';
import { type Trace, type Tracing, within } from './trace.ts';

/**
 * Follows a request until its answer is out, or its client is gone: counts it, says it in the log, and traces it, as part
 * of the caller's trace where that is said (`traceparent`).
 */
export function followRequest(
  request: IncomingMessage,
  response: ServerResponse,
  {
    metrics,
    tracing,
    logger,
  }: {
    readonly metrics: Metrics | undefined;
    readonly tracing: Tracing | undefined;
    readonly logger: Logger;
  },
): Trace | undefined {
  const start = performance.now();
  const { url = '/', method = '' } = request;
  const [path = ''] = url.split('?');
  // What is asked of the fallback is of others' choosing, and there is no end of it.
  const route = templateOf(path) ?? 'other';
  const { traceparent } = request.headers;
  const parent = typeof traceparent === 'string' ? traceparent : undefined;
  const trace = tracing?.begin(`${method} ${route}`, parent, {
    'http.request.method': method,
    'http.route': route,
  });
  response.once('close', () => {
    const { statusCode: status } = response;
    const seconds = secondsSince(start);
    metrics?.request({ method, route, status, seconds });
    within(trace, () => {
      logger.info('A request was answered.', { method, route, status, ms: seconds * 1000 });
    });
    trace?.end({ 'http.response.status_code': status }, status >= 500);
  });
  return trace;
}
