/**
 * Traces count in Unicode code points, Yjs in UTF-16 units. They are the same until somebody writes a character
 * outside the basic plane: then the places of those characters are kept, so that most edits cost nothing.
 */
export interface CodePoints {
  /** The UTF-16 position of a code point position in the present text. */
  toUtf16(position: number): number;
  /** The text was changed by one patch, in UTF-16 units. */
  patched(start: number, deleted: number, inserted: string): void;
  /** The text was changed in a way that is not known: read anew when next asked. */
  invalidate(): void;
}

/** @param text reads the whole text; called only where it holds characters outside the basic plane */
export function trackCodePoints(text: () => string, mayHoldAstral: boolean): CodePoints {
  if (!mayHoldAstral) {
    return { toUtf16: (position) => position, patched: () => {}, invalidate: () => {} };
  }
  /** UTF-16 positions of high surrogates, ascending; `undefined` when they must be read anew. */
  let places: number[] | undefined;
  const read = () => (places ??= astralPlaces(text(), 0));
  return {
    toUtf16: (position) => {
      let units = position;
      for (const place of read()) {
        if (place >= units) break;
        units += 1;
      }
      return units;
    },
    patched: (start, deleted, inserted) => {
      const end = start + deleted;
      const shift = inserted.length - deleted;
      const present = read();
      places = [
        ...present.filter((place) => place < start),
        ...astralPlaces(inserted, start),
        ...present.filter((place) => place >= end).map((place) => place + shift),
      ];
    },
    invalidate: () => {
      places = undefined;
    },
  };
}

/** Whether a text has characters that take two UTF-16 units. */
export function hasAstral(text: string): boolean {
  return /[\u{10000}-\u{10FFFF}]/u.test(text);
}

function astralPlaces(text: string, offset: number): number[] {
  const places: number[] = [];
  for (const match of text.matchAll(/[\u{10000}-\u{10FFFF}]/gu)) places.push(match.index + offset);
  return places;
}
