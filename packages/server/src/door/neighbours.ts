import * as Y from 'yjs';
import type { Lookup, Placed } from './lookup.ts';
import type { Steps } from './steps.ts';

/**
 * An insertion names the two places that its author saw side by side: its left neighbour L and its right neighbour R.
 * Of what stands in one order for everybody, this must hold: L is left of R, what R names as its own left is not right
 * of L, and what L names as its right is not left of R. Honest Yjs writes nothing else, also where something stands
 * between the two that its author has seen (an undo that brings back a part of what was brought back). Whatever breaks
 * it makes replicas that apply it in different orders differ for ever; what keeps it, all through a list, never does.
 *
 * `later`: one of the two comes with the same update, and nothing shows at once that all is well. Where it will stand
 * has to be worked out first (`Draft`).
 */
export type NeighbourVerdict = 'fine' | 'forged' | 'later';

/** @param known how much of the item the document has already */
export function judgeNeighbours(
  lookup: Lookup,
  item: Y.Item,
  known: number,
  steps: Steps,
): NeighbourVerdict {
  const { rightOrigin } = item;
  const origin = originAt(item, item.id.clock + known);
  if (origin === null && rightOrigin === null) return 'fine';
  if (known === 0 && lookup.goesOn(item)) return 'fine';
  const left = origin === null ? null : lookup.placed(origin);
  const right = rightOrigin === null ? null : lookup.placed(rightOrigin);
  if (left === undefined || right === undefined) {
    // One was collected, and with it its whole list, where nobody sees what is put there. The other one is not in a list
    // that is shown, then: some would see the item, and some not.
    const gone = left === undefined ? origin : rightOrigin;
    const other = left ?? right ?? null;
    const apart = other !== null && gone !== null && lookup.isCollected(gone);
    return apart && lookup.isShown(other.item) ? 'forged' : 'fine';
  }
  // The values under a key have no right neighbours.
  if (right !== null && lookup.keyed(item)) return 'forged';
  // Each was put where it is beside the other, or before the other came.
  if (right !== null && Y.compareIDs(originAt(right.item, right.clock), origin)) return 'fine';
  if (left !== null && Y.compareIDs(left.item.rightOrigin, rightOrigin)) return 'fine';
  if (origin !== null && rightOrigin !== null && lookup.inTwoLists(origin, rightOrigin)) {
    return 'forged';
  }
  if (left?.fresh === true || right?.fresh === true) return 'later';
  const start = left === null ? startOf(right?.item) : left.item.right;
  return areApart(lookup, left, right) ||
    meets(start, right?.item ?? null, lookup, left, right, steps)
    ? 'forged'
    : 'fine';
}

/** What the character (or other unit) at a clock names as its left neighbour: within a struct, the one before it. */
export function originAt(item: Y.Item, clock: number): Y.ID | null {
  return clock === item.id.clock ? item.origin : Y.createID(item.id.client, clock - 1);
}

/** Whether two places in one struct, or at its beginning and another one's, cannot be neighbours. */
export function areApart(lookup: Lookup, left: Placed | null, right: Placed | null): boolean {
  if (right === null) return false;
  // What is left of it in its own struct is not what was named.
  if (right.clock > right.item.id.clock) return true;
  if (left === null) return false;
  if (left.item === right.item) return true;
  const { origin } = right.item;
  if (origin === null || origin.clock <= left.clock) return false;
  return lookup.placed(origin)?.item === left.item;
}

/** Whether, on the way from one neighbour to the other, one of those stands that must not. Too long a way tells nothing. */
function meets(
  start: Y.Item | null,
  end: Y.Item | null,
  lookup: Lookup,
  left: Placed | null,
  right: Placed | null,
  steps: Steps,
): boolean {
  const bounds = boundsOf(lookup, left, right);
  for (let at = start; at !== end; at = at.right) {
    // The right neighbour lies left of the left one.
    if (at === null) return true;
    if (bounds.some(({ item }) => item === at)) return true;
    if (!steps.take()) return false;
  }
  return false;
}

/** What must not stand between two neighbours: what each of them names on the other one's side. */
export function boundsOf(
  lookup: Lookup,
  left: Placed | null,
  right: Placed | null,
): readonly Placed[] {
  const ids = [right?.item.origin ?? null, left?.item.rightOrigin ?? null];
  return ids.flatMap((id) => {
    const place = id === null ? undefined : lookup.placed(id);
    return place === undefined ? [] : [place];
  });
}

/** The first item of the list that an item is in. */
function startOf(item: Y.Item | undefined): Y.Item | null {
  const parent: unknown = item?.parent;
  return parent instanceof Y.AbstractType ? parent._start : null;
}
