import * as v from 'valibot';
import { naturalSchema, positiveSchema } from './schemas.ts';

/** A file that a message carries: what is said of it. Its bytes are kept and fetched by their hash alone. */

/** SHA-256 of a file's bytes, in hexadecimal. */
export const FILE_HASH = /^[0-9a-f]{64}$/;

/** Only shapes: names, types and sizes are judged by the conversation, so that a message is refused with its own code. */
export const fileSchema = v.object({
  /** What its bytes are called by, wherever they are. */
  hash: v.pipe(v.string(), v.regex(FILE_HASH)),
  /** What a person calls it. */
  name: v.string(),
  /** Its media type, in lower case and without parameters; must be what its first bytes say (`fitsType`). */
  type: v.string(),
  bytes: naturalSchema,
  /** Of an image, in pixels, as its sender measured it: the room to keep for it before it is there. */
  width: v.optional(positiveSchema),
  height: v.optional(positiveSchema),
});
export type MessageFile = v.InferOutput<typeof fileSchema>;
