import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { SyncType, encodeWrite, isTraceParent, traceIdOf } from '@weft/protocol';
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import type { Logger } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { editorToken, gatedStore, signToken, startServer } from './support/server.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE_ID}-${PARENT_SPAN}-01`;

/** A server whose spans and log lines a test reads. */
async function tracedServer(options: Parameters<typeof startServer>[0] = {}) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const lines: { readonly message: string; readonly [field: string]: unknown }[] = [];
  const note: Logger['info'] = (message, fields) => void lines.push({ message, ...fields });
  const started = await startServer({
    logger: { info: note, warn: note, error: note },
    ...options,
    tracer: provider.getTracer('test'),
  });
  const spans = () => exporter.getFinishedSpans();
  /** The span of a name, once it has ended. */
  const span = (name: string) =>
    vi.waitFor(() => {
      const found = spans().find((each) => each.name === name);
      if (found === undefined) throw new Error(`No span ${name}.`);
      return found;
    });
  return { ...started, spans, span, lines };
}

const at = ([seconds, nanos]: readonly [number, number]) => seconds * 1e9 + nanos;

/** Names of the spans below one, in order, after it is sure that each ends before the next begins and within its parent. */
function stepsOf(all: readonly ReadableSpan[], parent: ReadableSpan): readonly string[] {
  const { spanId, traceId } = parent.spanContext();
  const steps = all
    .filter((each) => each.parentSpanContext?.spanId === spanId)
    .toSorted((a, b) => at(a.startTime) - at(b.startTime) || at(a.endTime) - at(b.endTime));
  let before = at(parent.startTime);
  for (const step of steps) {
    expect(step.spanContext().traceId).toBe(traceId);
    expect(at(step.startTime)).toBeGreaterThanOrEqual(before);
    expect(at(step.endTime)).toBeLessThanOrEqual(at(parent.endTime));
    before = at(step.endTime);
  }
  return steps.map(({ name }) => name);
}

function textUpdate(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

const command = (counter: number, text: string, trace?: string) =>
  ({
    type: 'command',
    id: `01J0000000000000000000000${counter}`,
    device: 'device-1',
    counter,
    conversation: 'plan',
    at: 0,
    action: { type: 'send', body: { version: 1, text } },
    ...(trace === undefined ? {} : { trace }),
  }) as const;

const STEPS = ['judge', 'append', 'fan-out', 'ack'];

describe('an edit', () => {
  it('is one trace from its frame to its answer, below the span that its client named', async () => {
    const { sync, spans, span } = await tracedServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/plan');
    const update = textUpdate(7, 'x');
    ann.send(encodeWrite('document/plan', SyncType.Update, update, 1, PARENT));
    await ann.weft('stored');
    const edit = await span('edit');
    expect(edit.spanContext().traceId).toBe(TRACE_ID);
    expect(edit.parentSpanContext).toMatchObject({ spanId: PARENT_SPAN, isRemote: true });
    expect(edit.attributes).toEqual({
      'weft.document': 'document/plan',
      'weft.bytes': update.length,
      'weft.outcome': 'stored',
    });
    expect(stepsOf(spans(), edit)).toEqual(STEPS);
    // The commit is known when the append ends, and nothing is shown before it.
    const [committed] = edit.events;
    const [append, fanOut] = ['append', 'fan-out'].map((name) =>
      spans().find((each) => each.name === name),
    );
    if (committed === undefined || append === undefined || fanOut === undefined) {
      throw new Error('A step is missing.');
    }
    expect(committed.name).toBe('committed');
    expect(at(committed.time)).toBeGreaterThanOrEqual(at(append.endTime));
    expect(at(committed.time)).toBeLessThanOrEqual(at(fanOut.startTime));
  });

  it('has a trace of its own where its client names none, or what is none', async () => {
    const { sync, spans } = await tracedServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/plan');
    for (const [n, trace] of [
      undefined,
      'no trace',
      `00-${'0'.repeat(32)}-${PARENT_SPAN}-01`,
    ].entries()) {
      ann.send(encodeWrite('document/plan', SyncType.Update, textUpdate(n + 7, 'x'), n + 1, trace));
      await ann.weft('stored', (message) => message.n === n + 1);
    }
    const edits = await vi.waitFor(() => {
      const found = spans().filter(({ name }) => name === 'edit');
      expect(found).toHaveLength(3);
      return found;
    });
    expect(new Set(edits.map((each) => each.spanContext().traceId)).size).toBe(3);
    for (const edit of edits) {
      expect(edit.parentSpanContext).toBeUndefined();
      expect(stepsOf(spans(), edit)).toEqual(STEPS);
    }
  });

  it('that is refused ends with its code, and appends nothing', async () => {
    const { sync, spans, span } = await tracedServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/plan');
    ann.send(encodeWrite('document/plan', SyncType.Update, new Uint8Array([1, 2, 3]), 1, PARENT));
    await ann.weft('refused');
    const edit = await span('edit');
    expect(edit.attributes).toMatchObject({
      'weft.outcome': 'refused',
      'weft.code': 'update-invalid',
    });
    expect(stepsOf(spans(), edit)).toEqual(['judge', 'ack']);
  });

  it('decided in another one’s turn stays in its own trace, and so do its lines of the log', async () => {
    const { store, hold, release, fail } = await gatedStore();
    const { sync, spans, lines } = await tracedServer({ store });
    const parents = ['1', '2'].map((n) => `00-${n.repeat(32)}-${PARENT_SPAN}-01`);
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    await ann.open('document/plan');
    hold();
    const doc = new Y.Doc();
    doc.clientID = 7;
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => void updates.push(update));
    doc.getText('t').insert(0, 'a');
    doc.getText('t').insert(1, 'b');
    for (const [index, update] of updates.entries()) {
      ann.send(encodeWrite('document/plan', SyncType.Update, update, index + 1, parents[index]));
    }
    await vi.waitFor(() => expect(spans().filter(({ name }) => name === 'judge').length).toBe(2));
    fail(new Error('the disk is full'));
    release();
    await ann.weft('bye');
    const edits = await vi.waitFor(() => {
      const found = spans().filter(({ name }) => name === 'edit');
      expect(found).toHaveLength(2);
      return found;
    });
    for (const edit of edits) {
      expect(edit.status.code).toBe(2);
      const { traceId } = edit.spanContext();
      expect(
        lines.filter(
          ({ message, trace_id }) =>
            message === 'A write could not be stored.' && trace_id === traceId,
        ),
      ).toHaveLength(1);
    }
  });
});

describe('a message', () => {
  it('is one trace from its command to its ack, which names it, and its diagnostics keep it', async () => {
    const { sync, http, spans, span } = await tracedServer();
    const token = await editorToken('ann');
    const ann = await rawClient(sync);
    await ann.hello(token);
    await ann.open('conversation/plan/0');
    ann.say(command(1, 'Hello.', PARENT));
    const ack = await ann.weft('ack');
    const message = await span('message');
    expect(message.spanContext().traceId).toBe(TRACE_ID);
    expect(message.parentSpanContext?.spanId).toBe(PARENT_SPAN);
    expect(message.attributes).toEqual({
      'weft.conversation': 'plan',
      'weft.command': command(1, '').id,
      'weft.outcome': 'stored',
      'weft.sequence': 1,
    });
    expect(stepsOf(spans(), message)).toEqual(STEPS);
    expect(ack.trace).toBe(`00-${TRACE_ID}-${message.spanContext().spanId}-01`);
    const headers = { authorization: `Bearer ${token}` };
    const diagnostics = async (sequence: number) =>
      (await fetch(`${http}/api/conversations/plan/messages/${sequence}`, { headers })).json();
    expect(await diagnostics(1)).toMatchObject({ trace: TRACE_ID });

    // The server's own, where the client names none.
    ann.say(command(2, 'Again.'));
    const second = await ann.weft('ack', ({ id }) => id === command(2, '').id);
    expect(isTraceParent(second.trace ?? '')).toBe(true);
    expect(await diagnostics(2)).toMatchObject({ trace: traceIdOf(second.trace ?? '') });
  });

  it('by HTTP is part of its request, and of the caller’s trace', async () => {
    const { http, spans, span, lines } = await tracedServer();
    const posted = await fetch(`${http}/api/conversations/plan/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await editorToken('bot')}`, traceparent: PARENT },
      body: JSON.stringify({ id: command(1, '').id, text: 'Hello.' }),
    });
    expect(posted.status).toBe(200);
    const name = 'POST /api/conversations/{conversation}/messages';
    const request = await span(name);
    expect(request.spanContext().traceId).toBe(TRACE_ID);
    expect(request.attributes).toMatchObject({ 'http.response.status_code': 200 });
    expect(stepsOf(spans(), request)).toEqual(['message']);
    expect(stepsOf(spans(), await span('message'))).toEqual(['judge', 'append', 'fan-out']);
    expect(lines).toEqual([
      {
        message: 'A request was answered.',
        method: 'POST',
        route: '/api/conversations/{conversation}/messages',
        status: 200,
        ms: expect.any(Number),
        trace_id: TRACE_ID,
        span_id: request.spanContext().spanId,
      },
    ]);
  });

  it('settled in another one’s turn stays in its own trace, and so do its lines of the log', async () => {
    const { store, fail } = await gatedStore();
    const { sync, spans, lines } = await tracedServer({ store });
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    fail(new Error('the disk is full'));
    const ids = ['1', '2', '3'].map((n) => n.repeat(32));
    // The first has the conversation read from the log; the others wait for that, and are decided in its turn.
    for (const [index, id] of ids.entries()) {
      ann.say(command(index + 1, 'Hello.', `00-${id}-${PARENT_SPAN}-01`));
    }
    await vi.waitFor(() =>
      expect(spans().filter(({ name }) => name === 'message')).toHaveLength(3),
    );
    const failed = lines.filter(({ message }) => message === 'A message could not be stored.');
    expect(failed.length).toBeGreaterThan(0);
    for (const { trace_id, span_id } of failed) {
      const span = spans().find((each) => each.spanContext().spanId === span_id);
      expect(span?.spanContext().traceId).toBe(trace_id);
    }
    expect(new Set(failed.map(({ trace_id }) => trace_id))).toEqual(new Set(ids));
  });

  it('that may not be sent says so in its trace', async () => {
    const { sync, spans, span } = await tracedServer();
    const rob = await rawClient(sync);
    await rob.hello(await signToken('rob', [{ resource: '*', role: 'reader' }]));
    rob.say(command(1, 'Hello.', PARENT));
    await rob.weft('ack');
    const message = await span('message');
    expect(message.attributes).toMatchObject({ 'weft.code': 'read-only' });
    expect(stepsOf(spans(), message)).toEqual(['judge', 'ack']);
  });

  it('nobody traces says nothing of a trace, and keeps the one its device named', async () => {
    const { sync, http } = await startServer();
    const token = await editorToken('ann');
    const ann = await rawClient(sync);
    await ann.hello(token);
    ann.say(command(1, 'Hello.', PARENT));
    expect(await ann.weft('ack')).not.toHaveProperty('trace');
    ann.say(command(2, 'Again.'));
    await ann.weft('ack', ({ id }) => id === command(2, '').id);
    const diagnostics = async (sequence: number) =>
      (
        await fetch(`${http}/api/conversations/plan/messages/${sequence}`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).json();
    expect(await diagnostics(1)).toMatchObject({ trace: TRACE_ID });
    expect(await diagnostics(2)).not.toHaveProperty('trace');
  });
});
