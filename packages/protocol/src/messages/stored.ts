import * as v from 'valibot';
import { positiveSchema } from '../schemas.ts';

/** Every write of this socket to this document up to number `n` is committed. Cumulative. */
export const storedSchema = v.object({
  type: v.literal('stored'),
  document: v.string(),
  n: positiveSchema,
});
export type Stored = v.InferOutput<typeof storedSchema>;
