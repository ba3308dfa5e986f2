import type { ErrorCode } from './errors.ts';
import { QUERY_MAX, QUERY_WORDS_MAX } from './limits.ts';

/**
 * Texts and queries as a search compares them, the same on devices and on the server: words without case and without
 * marks over and under letters.
 */

/** Marks that most people leave out when they search: of Latin, Greek and Cyrillic letters, Hebrew and Arabic vowels. */
const MARKS =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/gu;

/** Letters that Unicode does not take apart, and that people type without their stroke. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
};
const UNPLAIN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');

/** Scripts that put no space between words: each letter counts as one, so that what stands within a line is found. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const WORD = new RegExp(
  `[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{N}])(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])*`,
  'gu',
);
const ASCII_WORD = /[a-z0-9]+/g;
// oxlint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** A text without case and marks; where letters are, and how many, may differ. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(MARKS, '')
    .replaceAll(UNPLAIN, (letter) => PLAIN[letter] ?? letter);
}

/** The words of a text in their order, folded. They hold letters, digits and marks, and nothing else. */
export function searchWords(text: string): readonly string[] {
  const folded = foldText(text);
  return folded.match(ASCII.test(folded) ? ASCII_WORD : WORD) ?? [];
}

/** What a query asks for: texts in which each of these begins a word. */
export type SearchQuery =
  | { readonly outcome: 'words'; readonly words: readonly string[] }
  | { readonly outcome: 'refused'; readonly code: ErrorCode };

/** Reads what somebody typed. There are no operators: what is no letter and no digit parts words. */
export function readQuery(query: string): SearchQuery {
  if (query.length > QUERY_MAX) return { outcome: 'refused', code: 'query-too-long' };
  const words = [...new Set(searchWords(query))];
  if (words.length === 0) return { outcome: 'refused', code: 'query-empty' };
  if (words.length > QUERY_WORDS_MAX) return { outcome: 'refused', code: 'query-too-long' };
  // What another one goes on from asks for nothing more.
  const needed = words.filter((word) => !words.some((other) => isLonger(other, word)));
  return { outcome: 'words', words: needed };
}

function isLonger(other: string, word: string): boolean {
  return other.length > word.length && other.startsWith(word);
}

/**
 * Where the words of a query stand in a text, for a view that marks them: UTF-16 units, in order, `end` exclusive.
 * @param words of `readQuery`
 */
export function findWords(
  text: string,
  words: readonly string[],
): readonly { readonly start: number; readonly end: number }[] {
  const { folded, origin } = foldWithOrigin(text);
  const found: { start: number; end: number }[] = [];
  for (const match of folded.matchAll(WORD)) {
    const [own] = match;
    const longest = words
      .filter((word) => own.startsWith(word))
      .reduce((most, word) => Math.max(most, word.length), 0);
    if (longest === 0) continue;
    const start = origin[match.index] ?? 0;
    let last = match.index + longest;
    // A letter that became two is marked whole.
    while (origin[last] !== undefined && origin[last] === origin[last - 1]) last += 1;
    const end = origin[last] ?? text.length;
    const before = found.at(-1);
    if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end);
    else found.push({ start, end: Math.max(end, start + 1) });
  }
  return found;
}

/** A folded text, and for each of its units the place in the text that it comes from. */
function foldWithOrigin(text: string): { readonly folded: string; readonly origin: number[] } {
  let folded = '';
  const origin: number[] = [];
  let at = 0;
  // A letter with the marks behind it: they are folded together.
  for (const [cluster] of text.matchAll(/[^\p{M}]\p{M}*|\p{M}+/gsu)) {
    const own = foldText(cluster);
    for (let i = 0; i < own.length; i += 1) origin.push(at);
    folded += own;
    at += cluster.length;
  }
  origin.push(text.length);
  return { folded, origin };
}
