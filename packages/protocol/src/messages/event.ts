import * as v from 'valibot';
import { roleSchema } from '../access.ts';
import { traceParentSchema } from '../trace.ts';
import { naturalSchema } from '../schemas.ts';

/**
 * The head of a conversation, sent when one of its segments is opened and after each commit: catching up
 * touches only the segments named.
 */
export const eventSchema = v.object({
  type: v.literal('event'),
  conversation: v.string(),
  /** Number of the newest event; 0 in an empty conversation. */
  event: naturalSchema,
  /** Highest message sequence; 0 in an empty conversation. */
  sequence: naturalSchema,
  /** The segment that this event changed; when opened, the newest one. */
  segment: naturalSchema,
  /** What the receiver may do here, where the server says so: segments are read-only to everybody. */
  role: v.optional(roleSchema),
  /** The trace of the command that this event came from, where that named one; not when a segment is opened. */
  trace: v.optional(traceParentSchema),
});
export type ConversationHead = v.InferOutput<typeof eventSchema>;
