import * as v from 'valibot';
import { traceParentSchema } from '../trace.ts';
import { integerSchema, naturalSchema, positiveSchema } from '../schemas.ts';

/** What became of a command; sent after the commit, and again with the same numbers when it is resent. */
export const ackSchema = v.object({
  type: v.literal('ack'),
  id: v.string(),
  result: v.variant('outcome', [
    v.object({
      outcome: v.literal('stored'),
      event: positiveSchema,
      /** Of the message that it made or changed; 0 for what is of none. */
      sequence: naturalSchema,
      /** UTC milliseconds of the server's commit. */
      at: integerSchema,
    }),
    v.object({ outcome: v.literal('refused'), code: v.string(), message: v.string() }),
  ]),
  /** Under which trace the server handled it, where it traces. */
  trace: v.optional(traceParentSchema),
});
export type Ack = v.InferOutput<typeof ackSchema>;
