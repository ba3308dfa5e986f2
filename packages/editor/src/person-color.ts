/**
 * Colours of people. White text on each has a contrast of 5 : 1, so that a caret's label can be read, and each
 * has 3.5 : 1 or more against both pages, so that the caret itself can be seen. One list serves light and dark:
 * a person keeps the colour whatever theme the viewer has.
 */
export const PERSON_COLORS = [
  '#bd484f',
  '#b85014',
  '#a75d00',
  '#747300',
  '#1e802c',
  '#007f58',
  '#007b86',
  '#0076ae',
  '#2770c5',
  '#6464c7',
  '#8f57b5',
  '#b04b89',
] as const;

/**
 * The colour of a person: the same on every device and at every visit.
 * @param key what names the person for ever (`sub`), not what is shown (a name may change)
 * @returns `#rrggbb`
 */
export function personColor(key: string): string {
  // FNV-1a, 32 bit: short keys that differ in one character land far apart.
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  const mixed = (hash ^ (hash >>> 15)) >>> 0;
  return PERSON_COLORS[mixed % PERSON_COLORS.length] ?? PERSON_COLORS[0];
}
