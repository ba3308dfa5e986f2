/** Up to two letters for a name, in capitals: first and last word's, or the first of a single word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0];
  if (first === undefined) return '?';
  const last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last]
    .map((word) => (word === undefined ? '' : firstLetter(word)))
    .join('')
    .toLocaleUpperCase();
}

/** Made once: to make one takes a millisecond, and a list of messages has many faces. */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** By grapheme: half of an emoji or a letter without its accent is no initial. */
function firstLetter(word: string): string {
  const [segment] = graphemes.segment(word);
  return segment?.segment ?? '';
}
