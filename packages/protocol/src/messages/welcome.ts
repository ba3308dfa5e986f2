import * as z from 'zod/mini';

/** The answer to a hello: who the server says you are, and which history it holds. */
export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  protocol: z.int().check(z.positive()),
  build: z.string(),
  /** Identity of the database. */
  serverId: z.string(),
  /** Raised by a restore: what was stored under another epoch counts as not stored. */
  epoch: z.int().check(z.positive()),
  sub: z.string(),
  name: z.string(),
  /** When the token expires, UTC milliseconds; `null` when never. */
  expires: z.nullable(z.int()),
});
export type Welcome = z.infer<typeof welcomeSchema>;
