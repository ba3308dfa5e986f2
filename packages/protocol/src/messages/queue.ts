import * as v from 'valibot';
import { naturalSchema, positiveSchema } from '../schemas.ts';

/** The server is full: who signed in has to wait, and the welcome comes when there is a seat. */
export const queueSchema = v.object({
  type: v.literal('queue'),
  /** In the line, from 1. */
  position: positiveSchema,
  /** Milliseconds that this may take; `null` while that is not known. */
  wait: v.nullable(naturalSchema),
});
export type Queue = v.InferOutput<typeof queueSchema>;
