/**
 * Each edit's text is a mark of six characters that says which edit it is. Servers merge updates, and a receiver finds
 * the marks in the bytes of whatever frame they come in, without decoding it: Yjs keeps text as it is.
 */
const SIGN = '~~';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
const DIGITS = 4;

const SIGN_BYTES = Buffer.from(SIGN, 'latin1');
const VALUES = new Int8Array(256).fill(-1);
for (let value = 0; value < ALPHABET.length; value += 1) VALUES[ALPHABET.charCodeAt(value)] = value;

/** How many marks there are. */
export const MARKS = 64 ** DIGITS;

export const MARK_LENGTH = SIGN.length + DIGITS;

/** @throws RangeError beyond the last mark */
export function markText(mark: number): string {
  if (mark >= MARKS) throw new RangeError('Too many edits for one run.');
  let text = '';
  for (let left = mark, digit = 0; digit < DIGITS; digit += 1, left >>>= 6) {
    text = (ALPHABET[left & 63] ?? '') + text;
  }
  return SIGN + text;
}

/** Calls `each` for every mark in the bytes, in order. */
export function eachMark(bytes: Uint8Array, each: (mark: number) => void): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = buffer.indexOf(SIGN_BYTES);
  while (at >= 0) {
    const mark = readMark(buffer, at + SIGN.length);
    if (mark !== undefined) each(mark);
    at = buffer.indexOf(SIGN_BYTES, at + (mark === undefined ? 1 : MARK_LENGTH));
  }
}

function readMark(buffer: Buffer, at: number): number | undefined {
  let mark = 0;
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const value = VALUES[buffer[at + digit] ?? 0] ?? -1;
    if (value < 0) return undefined;
    mark = mark * 64 + value;
  }
  return mark;
}
