import * as v from 'valibot';

/** SHA-256 in hexadecimal. */
const hashSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/**
 * What a replica of a document holds: said by a client when its replica has been quiet for a while, and answered by the
 * server with what it would hand to a newcomer. Where both have taken in the same (`state`: state vector and delete
 * set), their content must be the same (law D1); if it is not, the client's replica is to be rebuilt.
 */
export const digestSchema = v.object({
  type: v.literal('digest'),
  document: v.string(),
  /** `stateHash` of the replica. */
  state: hashSchema,
  /** `contentHash` of the replica. */
  content: hashSchema,
});
export type Digest = v.InferOutput<typeof digestSchema>;
