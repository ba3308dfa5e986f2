/**
 * Delta debugging (Zeller, ddmin) over a list: the shortest list that still fails, as far as removing neighbours finds
 * one. Each candidate costs a run.
 * @param fails whether a list fails in the same way
 * @param budget runs at most
 */
export async function shrink<T>(
  list: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
  budget = 1_000,
): Promise<readonly T[]> {
  let best = list;
  let runs = 0;
  let size = Math.ceil(best.length / 2);
  while (size >= 1 && runs < budget) {
    let removed = false;
    for (let from = 0; from < best.length && runs < budget;) {
      const candidate = [...best.slice(0, from), ...best.slice(from + size)];
      runs += 1;
      if (await fails(candidate)) {
        best = candidate;
        removed = true;
      } else {
        from += size;
      }
    }
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}
