import * as v from 'valibot';
import { roleSchema } from '../access.ts';

/**
 * What the receiver may do in a document: said before it is opened, and again when that changes while it is open. Whoever
 * loses it altogether is told by the document's own framing (permission denied); whoever was denied and gets it after all
 * is told by this, and may open it.
 */
export const accessSchema = v.object({
  type: v.literal('access'),
  document: v.string(),
  role: roleSchema,
});
export type Access = v.InferOutput<typeof accessSchema>;
