import { BODY_VERSION, type MessageBody, type MessageRange, isSafeLink } from '@weft/protocol';

/** Somebody who can be mentioned. */
export interface Mentionable {
  readonly sub: string;
  readonly name: string;
}

/** An address as people type it: up to white space, without the punctuation that ends a sentence. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"']+/gi;
const TRAILING = /[.,;:!?)\]}]+$/;

/** A stretch between back-ticks on one line. */
const CODE = /`([^`\n]+)`/g;

/** What was typed as a message's body: its links, its code and the people it mentions are ranges of the text. */
export function writeBody(text: string, people: readonly Mentionable[]): MessageBody {
  const { text: plain, code } = takeCode(text.replaceAll(/\r\n?/g, '\n'));
  const outside = (range: MessageRange) =>
    !code.some(({ start, end }) => range.start < end && start < range.end);
  const links = linksOf(plain).filter(outside);
  const mentions = mentionsIn(plain, people).filter(
    (range) =>
      outside(range) && !links.some(({ start, end }) => range.start < end && start < range.end),
  );
  const ranges = [...code, ...links, ...mentions].toSorted((a, b) => a.start - b.start);
  return { version: BODY_VERSION, text: plain, ...(ranges.length === 0 ? {} : { ranges }) };
}

/** What to type to get a body again: for whoever edits it. */
export function typedText({ text, ranges = [] }: MessageBody): string {
  let typed = '';
  let from = 0;
  const code = ranges.filter(({ type }) => type === 'code');
  for (const { start, end } of code.toSorted((one, other) => one.start - other.start)) {
    typed += `${text.slice(from, start)}\`${text.slice(start, end)}\``;
    from = end;
  }
  return typed + text.slice(from);
}

/** The text without the back-ticks around code, and where that is then. */
function takeCode(typed: string): { readonly text: string; readonly code: MessageRange[] } {
  const code: MessageRange[] = [];
  let text = '';
  let from = 0;
  for (const { index, 0: found, 1: inside = '' } of typed.matchAll(CODE)) {
    text += typed.slice(from, index);
    code.push({ type: 'code', start: text.length, end: text.length + inside.length });
    text += inside;
    from = index + found.length;
  }
  return { text: text + typed.slice(from), code };
}

function linksOf(text: string): MessageRange[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ index, 0: found }) => {
    const value = found.replace(TRAILING, '');
    const range = { type: 'link', start: index, end: index + value.length, value } as const;
    return isSafeLink(value) && value.length <= 2048 ? [range] : [];
  });
}

/** `@` and a whole name: the longest that fits, so that "@Ann Lee" is not Ann. */
function mentionsIn(text: string, people: readonly Mentionable[]): MessageRange[] {
  const byLength = people
    .filter(({ name }) => name.trim() !== '')
    .toSorted((a, b) => b.name.length - a.name.length);
  const ranges: MessageRange[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const before = text[at - 1];
    if (before !== undefined && /[\p{L}\p{N}]/u.test(before)) continue;
    const found = byLength.find(({ name }) => {
      const rest = text.slice(at + 1, at + 1 + name.length);
      const next = text[at + 1 + name.length];
      return (
        rest.toLowerCase() === name.toLowerCase() &&
        (next === undefined || !/[\p{L}\p{N}]/u.test(next))
      );
    });
    if (found === undefined) continue;
    ranges.push({
      type: 'mention',
      start: at,
      end: at + 1 + found.name.length,
      value: found.sub,
    });
  }
  return ranges;
}
