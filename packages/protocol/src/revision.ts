import * as v from 'valibot';
import { bodySchema } from './body.ts';
import { integerSchema, positiveSchema } from './schemas.ts';

/** The texts that a message had, as `GET /api/conversations/…/messages/<sequence>/revisions` tells them. */
export const revisionsSchema = v.object({
  /** The oldest first, the present one included; none of a message that was deleted. */
  revisions: v.array(
    v.object({
      revision: positiveSchema,
      /** Since when it read so, UTC milliseconds of the server's commit. */
      at: integerSchema,
      body: bodySchema,
    }),
  ),
  /** Whether that is all: not where there were too many, or where a server before version 9 kept no trail of them. */
  complete: v.boolean(),
});
export type Revisions = v.InferOutput<typeof revisionsSchema>;
