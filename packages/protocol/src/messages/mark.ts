import * as v from 'valibot';
import { idSchema, naturalSchema } from '../schemas.ts';

/** How far a client's person has got in a conversation. Not answered; said again on each new socket. */
export const markSchema = v.object({
  type: v.literal('mark'),
  conversation: idSchema,
  /** Every message up to this sequence is on the device. */
  delivered: naturalSchema,
  /** Every message up to this sequence was shown in a visible, focused view. */
  read: naturalSchema,
});
export type Mark = v.InferOutput<typeof markSchema>;
