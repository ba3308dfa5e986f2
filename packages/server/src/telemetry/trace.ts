import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as api,
} from '@opentelemetry/api';
import { isTraceParent, traceIdOf } from '@weft/protocol';
import type { Logger } from '../logger.ts';

/** The steps of an edit or a message, each a span below its own. */
export type Step =
  /** May it, and what would it do? Waiting for what is decided before it is part of it. */
  | 'judge'
  /** From the append until it is known to be committed. */
  | 'append'
  /** Applied here, and handed to everybody who is to see it. */
  | 'fan-out'
  /** Its author is told. */
  | 'ack';

/** What a line of the log says of the trace it belongs to. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/** Milliseconds since 1970, with what is below one. */
type Clock = () => number;

/**
 * The system's clock of now, going on by the monotonic one: spans of one trace never overlap because the system's clock
 * was set, nor because it counts whole milliseconds only.
 */
function startClock(): Clock {
  const origin = Date.now() - performance.now();
  return () => origin + performance.now();
}

/** One edit, one message or one request, on its way through the server. */
export class Trace {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  readonly #span: Span;
  readonly #context: Context;
  #step: { readonly name: Step; readonly span: Span } | undefined;
  #ended = false;

  /** @param clock of the whole trace, as far as it is of this server */
  constructor(
    tracer: Tracer,
    clock: Clock,
    begin: { readonly name: string; readonly context: Context; readonly attributes: Attributes },
  ) {
    this.#tracer = tracer;
    this.#clock = clock;
    const { name, context, attributes } = begin;
    const options = { kind: SpanKind.SERVER, attributes, startTime: clock() };
    this.#span = tracer.startSpan(name, options, context);
    this.#context = api.setSpan(ROOT_CONTEXT, this.#span);
  }

  get clock(): Clock {
    return this.#clock;
  }

  get context(): Context {
    return this.#context;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get ids(): TraceIds {
    const { traceId, spanId } = this.#span.spanContext();
    return { trace_id: traceId, span_id: spanId };
  }

  /** How what follows elsewhere names this as its parent. */
  get parent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  /** A step begins, or goes on; another one before it is over. */
  enter(step: Step): void {
    if (this.#ended || this.#step?.name === step) return;
    const startTime = this.#clock();
    this.#step?.span.end(startTime);
    // The commit itself has no length: it is the moment in which the append is known to be durable.
    if (step === 'fan-out') this.#span.addEvent('committed', startTime);
    const span = this.#tracer.startSpan(step, { startTime }, this.#context);
    this.#step = { name: step, span };
  }

  /** @param attributes what became of it */
  end(attributes: Attributes, failed = false): void {
    if (this.#ended) return;
    this.#ended = true;
    const time = this.#clock();
    this.#step?.span.end(time);
    this.#span.setAttributes(attributes);
    if (failed) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end(time);
  }
}

/** Begins traces. */
export interface Tracing {
  /**
   * @param parent what the client said it belongs to (`traceparent`); without one it is part of the trace that is under
   * way here, or a trace of its own
   */
  begin(name: string, parent: string | undefined, attributes: Attributes): Trace;
}

export function createTracing(tracer: Tracer): Tracing {
  return {
    begin: (name, parent, attributes) => {
      const around = currentTrace();
      const context = remoteContext(parent) ?? around?.context ?? ROOT_CONTEXT;
      return new Trace(tracer, around?.clock ?? startClock(), { name, context, attributes });
    },
  };
}

function remoteContext(parent: string | undefined): Context | undefined {
  if (parent === undefined || !isTraceParent(parent)) return undefined;
  return api.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(parent),
    spanId: parent.slice(36, 52),
    traceFlags: Number.parseInt(parent.slice(53), 16),
    isRemote: true,
  });
}

const current = new AsyncLocalStorage<Trace>();

/** The trace that this call belongs to. What goes on behind the end of one (a timer it began) belongs to none. */
export function currentTrace(): Trace | undefined {
  const trace = current.getStore();
  return trace?.ended === true ? undefined : trace;
}

/** Runs something, and what it begins, as part of a trace. */
export function within<T>(trace: Trace | undefined, run: () => T): T {
  return trace === undefined ? run() : current.run(trace, run);
}

/** A logger whose lines say which trace they belong to, where there is one. */
export function tracedLogger(logger: Logger): Logger {
  const fields = (given: Readonly<Record<string, unknown>> | undefined) => {
    const trace = currentTrace();
    return trace === undefined ? given : { ...given, ...trace.ids };
  };
  return {
    info: (message, given) => logger.info(message, fields(given)),
    warn: (message, given) => logger.warn(message, fields(given)),
    error: (message, given) => logger.error(message, fields(given)),
  };
}
