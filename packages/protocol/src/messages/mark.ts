import * as z from 'zod/mini';
import { ID_PATTERN } from '../names.ts';

/** How far a client's person has got in a conversation. Not answered; said again on each new socket. */
export const markSchema = z.object({
  type: z.literal('mark'),
  conversation: z.string().check(z.regex(ID_PATTERN)),
  /** Every message up to this sequence is on the device. */
  delivered: z.int().check(z.nonnegative()),
  /** Every message up to this sequence was shown in a visible, focused view. */
  read: z.int().check(z.nonnegative()),
});
export type Mark = z.infer<typeof markSchema>;
