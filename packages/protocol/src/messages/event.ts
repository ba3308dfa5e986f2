import * as z from 'zod/mini';
import { roleSchema } from '../access.ts';

/**
 * The head of a conversation, sent when one of its segments is opened and after each commit: catching up
 * touches only the segments named.
 */
export const eventSchema = z.object({
  type: z.literal('event'),
  conversation: z.string(),
  /** Number of the newest event; 0 in an empty conversation. */
  event: z.int().check(z.nonnegative()),
  /** Highest message sequence; 0 in an empty conversation. */
  sequence: z.int().check(z.nonnegative()),
  /** The segment that this event changed; when opened, the newest one. */
  segment: z.int().check(z.nonnegative()),
  /** What the receiver may do here, where the server says so: segments are read-only to everybody. */
  role: z.optional(roleSchema),
});
export type ConversationHead = z.infer<typeof eventSchema>;
