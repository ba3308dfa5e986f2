import type { ErrorCode } from '@weft/protocol';

const OF_TOKEN: ReadonlySet<ErrorCode> = new Set([
  'token-required',
  'token-invalid',
  'token-expired',
]);

/** Whether a refusal is about the token alone: with another one, the same may be asked again. */
export function isOfToken(code: ErrorCode | undefined): boolean {
  return code !== undefined && OF_TOKEN.has(code);
}
