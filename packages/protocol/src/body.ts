import * as z from 'zod/mini';
import type { ErrorCode } from './errors.ts';
import { MESSAGE_RANGES_MAX, MESSAGE_TEXT_MAX } from './limits.ts';
import { ID_PATTERN } from './names.ts';

/** What a message says: plain text and typed ranges over it. */

/** A typed stretch of a message's text; offsets are UTF-16 units, `end` exclusive. */
export const rangeSchema = z.object({
  type: z.enum(['bold', 'italic', 'code', 'link', 'mention']),
  start: z.int().check(z.nonnegative()),
  end: z.int().check(z.nonnegative()),
  /** The address of a link, or the `sub` of a mention. */
  value: z.optional(z.string().check(z.maxLength(2048))),
});
export type MessageRange = z.infer<typeof rangeSchema>;

/** The version of this layout. */
export const BODY_VERSION = 1;

export const bodySchema = z.object({
  version: z.literal(BODY_VERSION),
  /** Its length is judged by the conversation, so that a long message is refused alone and not its socket. */
  text: z.string(),
  ranges: z.optional(z.array(rangeSchema).check(z.maxLength(MESSAGE_RANGES_MAX))),
});
export type MessageBody = z.infer<typeof bodySchema>;

/** Controls but for line feed and tab: they are shown by nobody, and terminals and logs obey them. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/;

/** What a link may point to: anything else may run, or read a file, where it is clicked. */
const SAFE_LINK = /^(https?:\/\/|mailto:)[^\s]+$/i;

/** The rule that a body breaks, if any. Ranges must lie in the text, so that no reader has to guess. */
export function judgeBody(body: MessageBody): ErrorCode | undefined {
  const { text, ranges = [] } = body;
  if (text.trim() === '') return 'message-empty';
  if (text.length > MESSAGE_TEXT_MAX) return 'message-too-long';
  if (CONTROL.test(text) || !text.isWellFormed()) return 'message-unprintable';
  for (const range of ranges) {
    const refusal = judgeRange(range, text.length);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function judgeRange(range: MessageRange, length: number): ErrorCode | undefined {
  const { type, start, end, value } = range;
  if (end <= start || end > length) return 'request-invalid';
  switch (type) {
    case 'link':
      return isSafeLink(value ?? '') ? undefined : 'link-forbidden';
    case 'mention':
      return ID_PATTERN.test(value ?? '') ? undefined : 'request-invalid';
    case 'bold':
    case 'italic':
    case 'code':
      return value === undefined ? undefined : 'request-invalid';
    default: {
      const unreachable: never = type;
      return unreachable;
    }
  }
}

/** Whether a link's address may be followed: `http`, `https` and `mailto`. Asked again where it is shown. */
export function isSafeLink(address: string): boolean {
  return SAFE_LINK.test(address) && !CONTROL.test(address);
}

/** The people that a body mentions, each once. */
export function mentionsOf(body: MessageBody): readonly string[] {
  const named = (body.ranges ?? []).flatMap(({ type, value }) =>
    type === 'mention' && value !== undefined ? [value] : [],
  );
  return [...new Set(named)];
}
