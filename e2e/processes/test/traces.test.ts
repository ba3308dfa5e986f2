import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { createClientTracing } from '@weft/client/tracing';
import { createFaultProxy } from '@weft/testkit';
import { createServer } from 'node:http';
import * as v from 'valibot';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createPerson } from '../src/people.ts';
import { seeded } from '../src/random.ts';
import { reads, startServer, temporaryDirectory, type } from './kit.ts';

vi.setConfig({ testTimeout: 60_000 });

const serverSpan = v.object({
  traceId: v.string(),
  spanId: v.string(),
  parentSpanId: v.optional(v.string()),
  name: v.string(),
});
type ServerSpan = v.InferOutput<typeof serverSpan>;

const exported = v.object({
  resourceSpans: v.array(
    v.object({ scopeSpans: v.array(v.object({ spans: v.array(serverSpan) })) }),
  ),
});

/** What a server's spans are sent to. */
async function collector() {
  const spans: ServerSpan[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const { resourceSpans } = v.parse(exported, JSON.parse(body));
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { spans, url: `http://127.0.0.1:${port}/v1/traces` };
}

/** The tracing of one client, and its spans. */
function tracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return {
    tracing: createClientTracing(provider.getTracer('client')),
    named: (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name),
  };
}

it('edits and messages are one trace each from their client over the server to a reader, across a cut too', async () => {
  const otlp = await collector();
  const server = await startServer(temporaryDirectory(), { WEFT_OTLP_URL: otlp.url });
  const line = await createFaultProxy({ target: server.url });
  onTestFinished(() => line.close());
  const [own, others] = [tracing(), tracing()];
  const ann = await createPerson({
    url: line.url,
    name: 'Ann',
    random: seeded(1),
    tracing: own.tracing,
  });
  onTestFinished(() => ann.close());
  const ben = await createPerson({
    url: server.url,
    name: 'Ben',
    random: seeded(2),
    tracing: others.tracing,
  });
  onTestFinished(() => ben.close());
  const plan = ann.weft.document('plan');
  const room = ann.weft.conversation('general');
  const heard = ben.weft.conversation('general');
  const read = ben.weft.document('plan');
  const texts = () =>
    heard.timeline
      .get()
      .flatMap((item) => (item.state === 'stored' ? [item.message.body.text] : []));
  await Promise.all([plan.synced, read.synced]);
  await vi.waitFor(() => expect(heard.phase.get()).toBe('synced'), { timeout: 20_000 });

  type(plan, 'before ');
  await room.send('Before');
  await reads(read, (text) => text === 'before ');
  await vi.waitFor(() => expect(texts()).toEqual(['Before']), { timeout: 20_000 });
  await vi.waitFor(() => expect(own.named('edit')).toHaveLength(1), { timeout: 20_000 });

  line.cut();
  await vi.waitFor(() => expect(ann.weft.connection.get().state).not.toBe('online'), {
    timeout: 20_000,
  });
  type(plan, 'during');
  await room.send('During');
  line.restore();
  ann.hurry();
  await reads(read, (text) => text === 'before during');
  await vi.waitFor(() => expect(texts()).toEqual(['Before', 'During']), { timeout: 20_000 });
  await vi.waitFor(
    () => {
      expect(own.named('edit')).toHaveLength(2);
      expect(own.named('message')).toHaveLength(2);
      expect(others.named('receive')).toHaveLength(2);
    },
    { timeout: 20_000 },
  );
  await Promise.all([ann.close(), ben.close()]);
  // It sends what it has before it ends.
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });

  for (const name of ['edit', 'message']) {
    const sent = own.named(name);
    expect(sent.map(outcomeOf)).toEqual(['stored', 'stored']);
    expect(new Set(sent.map(traceOf)).size).toBe(2);
    for (const span of sent) {
      // Each is below what its client says, and the server's steps are below that.
      const { traceId, spanId } = span.spanContext();
      const [below, ...more] = otlp.spans.filter((each) => each.parentSpanId === spanId);
      expect(more).toEqual([]);
      expect(below).toMatchObject({ name, traceId });
      const steps = otlp.spans.filter((each) => each.parentSpanId === below?.spanId);
      expect(steps.map((step) => step.name).toSorted()).toEqual([
        'ack',
        'append',
        'fan-out',
        'judge',
      ]);
      expect(steps.every((step) => step.traceId === traceId)).toBe(true);
    }
  }
  // None begins at the server, and readers are in the same ones.
  const worked = otlp.spans.filter(({ name }) => name === 'edit' || name === 'message');
  expect(worked.filter(({ parentSpanId }) => parentSpanId === undefined)).toEqual([]);
  expect(others.named('receive').map(traceOf)).toEqual(own.named('message').map(traceOf));
});

const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
const outcomeOf = (span: ReadableSpan): unknown => span.attributes['weft.outcome'];
