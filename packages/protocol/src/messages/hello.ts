import * as v from 'valibot';
import { idSchema, positiveSchema } from '../schemas.ts';

/** First message of our client, and again with a newer token before the old one expires. */
export const helloSchema = v.object({
  type: v.literal('hello'),
  protocol: positiveSchema,
  token: v.pipe(v.string(), v.maxLength(16_384)),
  /** The device's id: the author's outbox counters are per device. */
  device: idSchema,
  /** The build of the client, for logs and for skew. */
  build: v.pipe(v.string(), v.maxLength(128)),
});
export type Hello = v.InferOutput<typeof helloSchema>;
