import * as z from 'zod/mini';

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
});
export type ConversationHead = z.infer<typeof eventSchema>;
