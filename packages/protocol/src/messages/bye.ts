import * as v from 'valibot';
import { naturalSchema } from '../schemas.ts';

/** Said before an intended close, by either side. */
export const byeSchema = v.object({
  type: v.literal('bye'),
  code: v.string(),
  message: v.string(),
  /** Milliseconds to wait before coming back, where the server spreads reconnects. */
  retryAfter: v.optional(naturalSchema),
});
export type Bye = v.InferOutput<typeof byeSchema>;
