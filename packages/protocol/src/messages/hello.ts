import * as z from 'zod/mini';
import { ID_PATTERN } from '../names.ts';

/** First message of our client, and again with a newer token before the old one expires. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.int().check(z.positive()),
  token: z.string().check(z.maxLength(16_384)),
  /** The device's id: the author's outbox counters are per device. */
  device: z.string().check(z.regex(ID_PATTERN)),
  /** The build of the client, for logs and for skew. */
  build: z.string().check(z.maxLength(128)),
});
export type Hello = z.infer<typeof helloSchema>;
