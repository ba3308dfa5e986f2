import type { TextChange, TextFound, TextIndex } from '../text-index.ts';

interface Indexed extends TextFound {
  readonly scope: string;
  readonly words: readonly string[];
}

export interface MemoryTexts extends TextIndex {
  /** A record brought a text. */
  change(stream: string, number: number, change: TextChange): void;
}

/** An index that lives as long as its process, and looks at every text. */
export function createMemoryTexts(): MemoryTexts {
  /** By stream and item, in the order of their places. */
  const texts = new Map<string, Indexed>();
  let places = 0;
  return {
    change: (stream, number, { scope, item, words }) => {
      const key = `${stream}\n${item}`;
      if (words.length === 0) {
        texts.delete(key);
        return;
      }
      const place = texts.get(key)?.place ?? (places += 1);
      texts.set(key, { place, stream, item, number, scope, words });
    },
    newest: async () => places,
    find: async ({ scope, words, stream, before = Number.POSITIVE_INFINITY, from = 0, limit }) =>
      [...texts.values()]
        .filter(
          (text) =>
            text.scope === scope &&
            text.place < before &&
            text.place >= from &&
            (stream === undefined || text.stream === stream) &&
            words.every((word) => text.words.some((own) => own.startsWith(word))),
        )
        .toSorted((a, b) => b.place - a.place)
        .slice(0, limit)
        .map(({ place, stream: name, item, number }) => ({ place, stream: name, item, number })),
  };
}
