import * as z from 'zod/mini';

/** What became of a command; sent after the commit, and again with the same numbers when it is resent. */
export const ackSchema = z.object({
  type: z.literal('ack'),
  id: z.string(),
  result: z.discriminatedUnion('outcome', [
    z.object({
      outcome: z.literal('stored'),
      event: z.int().check(z.positive()),
      sequence: z.int().check(z.positive()),
      /** UTC milliseconds of the server's commit. */
      at: z.int(),
    }),
    z.object({ outcome: z.literal('refused'), code: z.string(), message: z.string() }),
  ]),
});
export type Ack = z.infer<typeof ackSchema>;
