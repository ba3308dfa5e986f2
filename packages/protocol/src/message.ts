import * as z from 'zod/mini';
import { bodySchema } from './messages/command.ts';

/** A message as a segment holds it: `Y.Map` "messages", key = sequence in decimal. */
export const messageSchema = z.object({
  id: z.string(),
  sequence: z.int().check(z.positive()),
  /** Rises with each edit; the sequence and the id never change (law C2). */
  revision: z.int().check(z.positive()),
  author: z.string(),
  /** The authenticated name at the time of sending. */
  name: z.string(),
  /** UTC milliseconds of the server's commit. */
  at: z.int(),
  /** The sender's clock, UTC milliseconds; for diagnostics only. */
  sentAt: z.int(),
  body: bodySchema,
});
export type Message = z.infer<typeof messageSchema>;

/** Name of the root `Y.Map` of a segment. */
export const SEGMENT_ROOT = 'messages';
