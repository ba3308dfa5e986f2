import * as z from 'zod/mini';

/** The write with number `n` of this socket to this document changed nothing, and will not be stored. */
export const refusedSchema = z.object({
  type: z.literal('refused'),
  document: z.string(),
  n: z.int().check(z.positive()),
  code: z.string(),
  message: z.string(),
});
export type Refused = z.infer<typeof refusedSchema>;
