import type { MessageBody, MessageRange } from './body.ts';
import type { ErrorCode } from './errors.ts';
import { judgeFiles } from './judge-files.ts';
import { MESSAGE_TEXT_MAX } from './limits.ts';
import { ID_PATTERN } from './names.ts';
import { CONTROL, isSafeLink } from './safe-link.ts';

/** The rule that a body breaks, if any. Ranges must lie in the text, so that no reader has to guess. */
export function judgeBody(body: MessageBody): ErrorCode | undefined {
  const { text, ranges = [], files = [] } = body;
  if (text.trim() === '' && files.length === 0) return 'message-empty';
  if (text.length > MESSAGE_TEXT_MAX) return 'message-too-long';
  if (CONTROL.test(text) || !text.isWellFormed()) return 'message-unprintable';
  for (const range of ranges) {
    const refusal = judgeRange(range, text.length);
    if (refusal !== undefined) return refusal;
  }
  return judgeFiles(files);
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

/** The people that a body mentions, each once. */
export function mentionsOf(body: MessageBody): readonly string[] {
  const named = (body.ranges ?? []).flatMap(({ type, value }) =>
    type === 'mention' && value !== undefined ? [value] : [],
  );
  return [...new Set(named)];
}
