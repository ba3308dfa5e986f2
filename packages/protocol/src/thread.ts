import * as v from 'valibot';
import { QUOTE_MAX } from './limits.ts';
import { quoteSchema } from './messages/command.ts';
import { integerSchema, positiveSchema } from './schemas.ts';

/** Name of the root `Y.Map` that lists the threads of a document: in the first segment of the conversation beside it. */
export const THREADS_ROOT = 'threads';

/** A comment thread as its document's list has it: `Y.Map` "threads", key = anchor. */
export const threadSchema = v.object({
  quote: quoteSchema,
  /** Who began it, under their authenticated name, and when: UTC milliseconds of the server's commit. */
  by: v.string(),
  name: v.string(),
  at: integerSchema,
  /** Number of the event that wrote this. */
  event: positiveSchema,
  /** Who called it settled, and when; absent while it is open. */
  resolved: v.optional(v.object({ by: v.string(), name: v.string(), at: integerSchema })),
});
export type Thread = v.InferOutput<typeof threadSchema>;

/**
 * A text as the quote of a thread: on one line, and cut, with an ellipsis, where it is too long.
 * @param text anything that somebody selected
 */
export function quoteOf(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (line.length <= QUOTE_MAX) return line;
  // Half of a pair at the cut would be no text.
  return `${line.slice(0, QUOTE_MAX - 1).replace(/\p{Cs}$/u, '')}…`;
}

/** The segment of what belongs to the whole of a conversation: everybody who has it open has this one. */
export const FIRST_SEGMENT = 0;
