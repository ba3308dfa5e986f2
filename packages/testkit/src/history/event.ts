import { naturalSchema, positiveSchema } from '@weft/protocol';
import * as v from 'valibot';

/** The version of these words. A file of another one is refused, and not guessed at. */
export const HISTORY_VERSION = 1;

/** UTC milliseconds of whoever wrote it down. Clocks of several machines differ: no law leans on them. */
const at = v.number();
/** A device: a tab and its successors, or a bot. */
const peer = v.string();
const conversation = v.string();
const document = v.string();
const id = v.string();
const sequence = positiveSchema;

/** What somebody saw or was told, a line of JSON each. Lines of one peer stand in the order in which they happened. */
export const historyEventSchema = v.variant('type', [
  v.object({ type: v.literal('history'), version: v.number() }),
  /** A message was handed over to be sent. */
  v.object({ type: v.literal('sent'), at, peer, conversation, id }),
  /** Its sender was told that it is stored. */
  v.object({ type: v.literal('acked'), at, peer, conversation, id, sequence }),
  /** Its sender was told that it will not be. */
  v.object({ type: v.literal('failed'), at, peer, conversation, id }),
  /** A list of stored messages as it was shown, or a part of it without a gap in between. */
  v.object({
    type: v.literal('shown'),
    at,
    peer,
    conversation,
    messages: v.array(v.object({ id, sequence })),
  }),
  /** How far a member has got, as a peer was told. */
  v.object({
    type: v.literal('receipt'),
    at,
    peer,
    conversation,
    member: v.string(),
    delivered: naturalSchema,
    read: naturalSchema,
  }),
  /** What the log holds: read from the database. */
  v.object({ type: v.literal('durable'), at, conversation, id, sequence }),
  /** All changes of a peer up to this one, counted from 1, were called stored. */
  v.object({ type: v.literal('stored'), at, peer, document, change: positiveSchema }),
  /** A replica: the hash of its content, its state vector and deletes as a text, and whose changes up to which it has. */
  v.object({
    type: v.literal('replica'),
    at,
    peer,
    document,
    hash: v.string(),
    state: v.string(),
    changes: v.optional(v.record(v.string(), naturalSchema)),
  }),
  /** Traffic has stopped, and everybody had the time to hear everything: the laws about ends are asked. */
  v.object({ type: v.literal('end'), at }),
]);
export type HistoryEvent = v.InferOutput<typeof historyEventSchema>;

/** Reads a line. @throws Error that says what is wrong with it */
export function readHistoryLine(text: string, line: number): HistoryEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`Line ${line} is no JSON: a history has one event on each line.`, {
      cause: error,
    });
  }
  const parsed = v.safeParse(historyEventSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = v.getDotPath(issue) ?? 'the whole';
    throw new Error(`Line ${line} is no event of a history: ${where}: ${issue.message}`);
  }
  const event = parsed.output;
  if (line === 1 && event.type !== 'history')
    throw new Error('This is no history: its first line is {"type":"history","version":1}.');
  if (event.type === 'history' && event.version !== HISTORY_VERSION) {
    throw new Error(
      `This history has version ${event.version}, and this program reads ${HISTORY_VERSION}: use the testkit that wrote it.`,
    );
  }
  return event;
}

/** Writes down what happens. @param write takes a line, its end included */
export function historyWriter(write: (line: string) => void): (event: HistoryEvent) => void {
  write(`${JSON.stringify({ type: 'history', version: HISTORY_VERSION })}\n`);
  return (event) => write(`${JSON.stringify(event)}\n`);
}
