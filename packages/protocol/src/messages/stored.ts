import * as z from 'zod/mini';

/** Every write of this socket to this document up to number `n` is committed. Cumulative. */
export const storedSchema = z.object({
  type: z.literal('stored'),
  document: z.string(),
  n: z.int().check(z.positive()),
});
export type Stored = z.infer<typeof storedSchema>;
