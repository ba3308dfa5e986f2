import {
  type ConversationEvent,
  FIRST_SEGMENT,
  authorOf,
  conversationEventSchema,
  segmentOf,
  stateAfter,
} from '@weft/protocol';
import type { LogRecord } from '@weft/storage';
import * as v from 'valibot';
import { type ReadableLog } from '../engine/load.ts';
import { reasonOf } from '../logger.ts';

/** Records per read. */
const PAGE = 1_000;

/** Reads a conversation's events. Its events and its sequences are dense, and each command is there once (C1, C3). */
export async function checkEvents(
  log: ReadableLog,
  stream: string,
): Promise<{
  readonly events: readonly ConversationEvent[];
  readonly problems: readonly string[];
}> {
  const events: ConversationEvent[] = [];
  const problems: string[] = [];
  const commands = new Set<string>();
  for (let number = 0; ;) {
    const records = await log.read(stream, number, PAGE);
    for (const record of records) {
      number = record.number;
      const event = read(record);
      if (typeof event === 'string') {
        problems.push(`${stream}: event ${number} cannot be read (${event})`);
        continue;
      }
      const wrong = problemOf(event, record, events.at(-1), commands);
      if (wrong !== undefined) problems.push(`${stream}: event ${number} ${wrong}`);
      events.push(event);
    }
    if (records.length < PAGE) return { events, problems };
  }
}

function problemOf(
  event: ConversationEvent,
  record: LogRecord,
  before: ConversationEvent | undefined,
  commands: Set<string>,
): string | undefined {
  const { id } = event.command;
  // What servers wrote before has its author in its key.
  const key = record.key === id ? id : `${authorOf(event)}/${id}`;
  const repeated = commands.has(key);
  commands.add(key);
  if (event.event !== record.number) return `calls itself event ${event.event}`;
  const highest = stateAfter(before).sequence;
  if (event.type === 'message') {
    if (event.sequence !== highest + 1) return `has sequence ${event.sequence}`;
    if (event.message.id !== event.command.id) return 'has the message of another';
  } else {
    if (event.type === 'change' && event.sequence > highest)
      return `changes message ${event.sequence}, which is not there`;
    if (event.newest.sequence !== highest) return `says that there are ${event.newest.sequence}`;
  }
  if (
    event.type !== 'thread' &&
    event.message !== undefined &&
    event.message.sequence !== event.sequence
  ) {
    return 'has the message of another';
  }
  if (!segmentsOf(event).includes(event.segment)) return `names segment ${event.segment}`;
  if (repeated) return `repeats the command ${event.command.id}`;
  return record.key === key ? undefined : 'has the key of another command';
}

/** Where an event may write: pins are in the first segment, and in what servers wrote before, beside their messages. */
function segmentsOf({ type, sequence, command: { action } }: ConversationEvent): readonly number[] {
  if (type === 'thread') return [FIRST_SEGMENT];
  const isPin = action.type === 'pin' || action.type === 'unpin';
  return [segmentOf(sequence), ...(isPin ? [FIRST_SEGMENT] : [])];
}

/** The event, or why it is none. */
function read(record: LogRecord): ConversationEvent | string {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(record.bytes));
    const parsed = v.safeParse(conversationEventSchema, json);
    return parsed.success ? parsed.output : 'it fits no schema';
  } catch (error) {
    return reasonOf(error);
  }
}
