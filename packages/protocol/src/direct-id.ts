import { toBase64UrlEncoded } from 'lib0/buffer';
import { digest } from 'lib0/hash/sha256';
import { encodeUtf8 } from 'lib0/string';
import { conversationKind } from './conversation-kind.ts';

/** Characters of a print: 132 bits, so that nobody finds another `sub` with the print of somebody else. */
const PRINT_LENGTH = 22;

/** The one conversation between two people, whoever of them asks first. Nobody reads their `sub`s off it. */
export function directId(one: string, other: string): string {
  const [first, second] = [printOf(one), printOf(other)].toSorted();
  return `direct-${first}-${second}`;
}

/** Whether a conversation is between two others: nobody but its two people has anything of it, whatever their role. */
export function isBetweenOthers(id: string, sub: string): boolean {
  const found = conversationKind(id);
  return found.kind === 'direct' && !found.prints.includes(printOf(sub));
}

function printOf(sub: string): string {
  return toBase64UrlEncoded(digest(encodeUtf8(sub))).slice(0, PRINT_LENGTH);
}
