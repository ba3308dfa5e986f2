import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type Down,
  FrameReader,
  MessageType,
  SyncType,
  commandSchema,
  isTraceParent,
  traceIdOf,
} from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import * as v from 'valibot';
import type { ClientTracing } from './api.ts';

/** Commands that are followed until they are answered: one that another tab brings in the end has no answer here. */
const COMMANDS_MAX = 1_000;

/** A write or a command that has left. */
interface Sent {
  readonly span: Span;
  /** How the server names it as what came before. */
  readonly parent: string;
}

/**
 * Follows each edit and each message from this client to its answer, as spans of an embedder's tracer that the server's
 * own are below; and each message of others from the server to here. A cut that a session bridges changes nothing. After
 * one that it does not, a command goes on under its trace; a write does not, since what is sent then is all that the server
 * lacks: its span ends as `cut`.
 */
export function createClientTracing(tracer: Tracer): ClientTracing {
  /** By document, in the order of their numbers. */
  const writes = new Map<string, Map<number, Sent>>();
  const commands = new Map<string, Sent>();

  const begin = (name: string, attributes: Attributes): Sent => {
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, ROOT_CONTEXT);
    return { span, parent: parentOf(span) };
  };
  const end = ({ span }: Sent, attributes: Attributes): void => {
    span.setAttributes(attributes);
    span.end();
  };

  return {
    frame: (frame) => {
      const write = readWrite(frame);
      if (write === undefined) return frame;
      const { document, n, bytes } = write;
      const sent = begin('edit', { 'weft.document': document, 'weft.bytes': bytes });
      const own = writes.get(document) ?? new Map<number, Sent>();
      writes.set(document, own.set(n, sent));
      return isTraceParent(sent.parent) ? withTrace(frame, sent.parent) : frame;
    },
    message: (message) => {
      const command = v.safeParse(commandSchema, message);
      if (!command.success) return message;
      const { id, conversation } = command.output;
      // Sent once more, after a cut: it is the same one, however long it takes.
      const known = commands.get(id);
      const sent =
        known ?? begin('message', { 'weft.conversation': conversation, 'weft.command': id });
      commands.set(id, sent);
      for (const [oldest, left] of commands) {
        if (commands.size <= COMMANDS_MAX) break;
        commands.delete(oldest);
        end(left, { 'weft.outcome': 'unknown' });
      }
      return isTraceParent(sent.parent) ? { ...message, trace: sent.parent } : message;
    },
    heard: (message) => hear(message),
    lost: () => {
      for (const own of writes.values()) {
        for (const sent of own.values()) end(sent, { 'weft.outcome': 'cut' });
      }
      writes.clear();
    },
  };

  function hear(message: Down): void {
    switch (message.type) {
      case 'stored': {
        const own = writes.get(message.document);
        for (const [n, sent] of own ?? []) {
          if (n > message.n) break;
          own?.delete(n);
          end(sent, { 'weft.outcome': 'stored' });
        }
        break;
      }
      case 'refused': {
        const own = writes.get(message.document);
        const sent = own?.get(message.n);
        own?.delete(message.n);
        if (sent !== undefined) {
          end(sent, { 'weft.outcome': 'refused', 'weft.code': message.code });
        }
        break;
      }
      case 'ack': {
        const sent = commands.get(message.id);
        const { result } = message;
        commands.delete(message.id);
        if (sent === undefined) break;
        if (result.outcome === 'stored') {
          end(sent, { 'weft.outcome': 'stored', 'weft.sequence': result.sequence });
        } else end(sent, { 'weft.outcome': 'refused', 'weft.code': result.code });
        break;
      }
      case 'event': {
        const { conversation, event, trace: parent } = message;
        const context = parent === undefined ? undefined : contextOf(parent);
        if (context === undefined) break;
        const attributes = { 'weft.conversation': conversation, 'weft.event': event };
        tracer.startSpan('receive', { kind: SpanKind.CONSUMER, attributes }, context).end();
        break;
      }
      default:
    }
  }
}

/** What a frame writes, where it is a numbered write that names no trace. */
function readWrite(
  frame: Uint8Array,
): { readonly document: string; readonly n: number; readonly bytes: number } | undefined {
  const reader = new FrameReader(frame);
  const document = reader.string();
  const type = reader.uint();
  if (type !== MessageType.Sync && type !== MessageType.SyncReply) return undefined;
  if (reader.uint() === SyncType.Step1) return undefined;
  const bytes = reader.bytes().length;
  if (!reader.more) return undefined;
  const n = reader.uint();
  return reader.more ? undefined : { document, n, bytes };
}

function withTrace(frame: Uint8Array, parent: string): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, frame);
  encoding.writeVarString(encoder, parent);
  return encoding.toUint8Array(encoder);
}

function parentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function contextOf(parent: string): Context | undefined {
  if (!isTraceParent(parent)) return undefined;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(parent),
    spanId: parent.slice(36, 52),
    traceFlags: Number.parseInt(parent.slice(53), 16),
    isRemote: true,
  });
}
