import * as v from 'valibot';
import { fileSchema } from './file.ts';
import { MESSAGE_RANGES_MAX } from './limits.ts';
import { naturalSchema } from './schemas.ts';

/** What a message says: plain text and typed ranges over it, and the files that it carries. */

/** A typed stretch of a message's text; offsets are UTF-16 units, `end` exclusive. */
export const rangeSchema = v.object({
  type: v.picklist(['bold', 'italic', 'code', 'link', 'mention']),
  start: naturalSchema,
  end: naturalSchema,
  /** The address of a link, or the `sub` of a mention. */
  value: v.optional(v.pipe(v.string(), v.maxLength(2048))),
});
export type MessageRange = v.InferOutput<typeof rangeSchema>;

/** The version of this layout. */
export const BODY_VERSION = 1;

export const bodySchema = v.object({
  version: v.literal(BODY_VERSION),
  /** Its length is judged by the conversation, so that a long message is refused alone and not its socket. */
  text: v.string(),
  ranges: v.optional(v.pipe(v.array(rangeSchema), v.maxLength(MESSAGE_RANGES_MAX))),
  /** In the order of showing; each hash once. With one, the text may be empty. */
  files: v.optional(v.array(fileSchema)),
});
export type MessageBody = v.InferOutput<typeof bodySchema>;
