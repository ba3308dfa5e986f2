import type { Range } from './encode-update.ts';

/**
 * Whether one of the deleted ranges of a client holds a whole stretch of clocks. O(log ranges).
 * @param ranges as Yjs writes them: in order, without overlaps. Of others it may say no where yes were right.
 */
export function rangesCover(ranges: readonly Range[], clock: number, length: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ranges[middle]?.clock ?? Infinity) > clock) high = middle - 1;
    else low = middle;
  }
  const range = ranges[low];
  return range !== undefined && range.clock <= clock && clock + length <= range.clock + range.len;
}
