import * as v from 'valibot';
import { integerSchema, positiveSchema } from '../schemas.ts';

/** The answer to a hello: who the server says you are, and which history it holds. */
export const welcomeSchema = v.object({
  type: v.literal('welcome'),
  protocol: positiveSchema,
  build: v.string(),
  /** Identity of the database. */
  serverId: v.string(),
  /** Raised by a restore: what was stored under another epoch counts as not stored. */
  epoch: positiveSchema,
  sub: v.string(),
  name: v.string(),
  /** When the token expires, UTC milliseconds; `null` when never. */
  expires: v.nullable(integerSchema),
});
export type Welcome = v.InferOutput<typeof welcomeSchema>;
