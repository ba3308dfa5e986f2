import * as z from 'zod/mini';

/** Said before an intended close, by either side. */
export const byeSchema = z.object({
  type: z.literal('bye'),
  code: z.string(),
  message: z.string(),
  /** Milliseconds to wait before coming back, where the server spreads reconnects. */
  retryAfter: z.optional(z.int().check(z.nonnegative())),
});
export type Bye = z.infer<typeof byeSchema>;
