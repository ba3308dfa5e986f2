import { DiagLogLevel, type Tracer, diag } from '@opentelemetry/api';
import type { Logger } from '@weft/server';

/** Spans on their way to a collector. */
export interface SpanExport {
  readonly tracer: Tracer;
  /** Sends what waits, for at most a second: a collector that does not answer holds up no shutdown. */
  close(): Promise<void>;
}

/** Milliseconds that a batch may take on its way. */
const EXPORT_MS = 5_000;
const CLOSE_MS = 1_000;

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP). Its code is loaded here, and by nobody who does not trace.
 * What a collector does not take in time is dropped, and said in the log.
 * @param options.url where it takes traces: `http://localhost:4318/v1/traces`
 * @param options.ratio how many of the traces that begin here are kept, 0 to 1; those of clients are as they say
 */
export async function openSpanExport(options: {
  readonly url: URL;
  readonly ratio: number;
  readonly build: string;
  readonly logger: Logger;
}): Promise<SpanExport> {
  const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } =
    await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const say = (message: string) => {
    options.logger.warn('Spans could not be sent.', { reason: message });
  };
  const nothing = () => undefined;
  diag.setLogger(
    { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({ url: options.url.href, timeoutMillis: EXPORT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'weft', 'service.version': options.build }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  return {
    tracer: provider.getTracer('weft', options.build),
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      const sent = provider.shutdown().catch((error: unknown) => {
        say(error instanceof Error ? error.message : String(error));
      });
      await Promise.race([sent, late]);
      clearTimeout(timer);
    },
  };
}
