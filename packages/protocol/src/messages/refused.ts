import * as v from 'valibot';
import { positiveSchema } from '../schemas.ts';

/** The write with number `n` of this socket to this document changed nothing, and will not be stored. */
export const refusedSchema = v.object({
  type: v.literal('refused'),
  document: v.string(),
  n: positiveSchema,
  code: v.string(),
  message: v.string(),
});
export type Refused = v.InferOutput<typeof refusedSchema>;
