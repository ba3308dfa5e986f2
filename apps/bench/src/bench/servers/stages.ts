import { PerformanceObserver } from 'node:perf_hooks';
import type { Attributes, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { CommitBatch } from '@weft/storage';
import { createHistogram, type Histogram } from '../../replay/histogram.ts';
import { summarize } from '../summary.ts';
import type { Stages } from './messages.ts';

/** `INVALID_SPAN_CONTEXT` of the OpenTelemetry API: nobody follows these spans. */
const NOWHERE = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 };

/**
 * Where an edit's time goes within our server: a tracer that keeps no span but counts how long each step took, and a
 * watcher of the commits. Steps are those of `telemetry/trace.ts`; `edit` is all of them.
 */
export class StageClock {
  #steps = new Map<string, Histogram>();
  #commits = createHistogram();
  #operations = createHistogram();
  #inThread = 0;
  #collections = createHistogram();
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#collections.add(duration);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  readonly tracer: Tracer = {
    startSpan: (name: string, options: SpanOptions = {}) => this.#span(name, options.startTime),
    startActiveSpan: () => {
      throw new Error('Our server starts no active spans.');
    },
  };

  readonly committed = ({ ms, operations, place }: CommitBatch): void => {
    this.#commits.add(ms);
    this.#operations.add(operations);
    if (place === 'thread') this.#inThread += 1;
  };

  /** What was counted since the last call. */
  take(): Stages {
    const stages = {
      steps: Object.fromEntries([...this.#steps].map(([name, each]) => [name, summarize(each)])),
      commit: summarize(this.#commits),
      batch: summarize(this.#operations),
      inThread: this.#inThread,
      collections: summarize(this.#collections),
    };
    this.#steps = new Map();
    this.#commits = createHistogram();
    this.#operations = createHistogram();
    this.#inThread = 0;
    this.#collections = createHistogram();
    return stages;
  }

  #span(name: string, begin: SpanOptions['startTime']): Span {
    const began = Number(begin);
    const span: Span = {
      spanContext: () => NOWHERE,
      setAttribute: () => span,
      setAttributes: (_attributes: Attributes) => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: () => span,
      updateName: () => span,
      isRecording: () => false,
      recordException: () => undefined,
      end: (time) => {
        let histogram = this.#steps.get(name);
        if (histogram === undefined) this.#steps.set(name, (histogram = createHistogram()));
        histogram.add(Math.max(0, Number(time) - began));
      },
    };
    return span;
  }
}
