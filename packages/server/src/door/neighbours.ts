import type { ErrorCode } from '@weft/protocol';
import * as Y from 'yjs';
import type { Lookup } from './lookup.ts';

/** Items looked at between the two neighbours of an insertion: more is not a sign of anything. */
const NEIGHBOURS_MAX = 1_000;

/**
 * An insertion names the two neighbours that its author saw side by side. When the document shows something between
 * them that the author must have seen (a struct of its own, or one that a neighbour's author wrote before that
 * neighbour), the neighbours are forged: replicas that apply such an item in different orders differ for ever.
 */
export function judgeNeighbours(
  lookup: Lookup,
  item: Y.Item,
  known: number,
): ErrorCode | undefined {
  const { rightOrigin } = item;
  // What is left of a half-known struct follows its known part, whatever the whole says of its left.
  const origin = known > 0 ? Y.createID(item.id.client, item.id.clock + known - 1) : item.origin;
  if (rightOrigin === null) return undefined;
  if (known === 0 && lookup.goesOn(item)) return undefined;
  // What its author wrote before may lie between the two, and where that is is known once it is stored.
  if (lookup.onItsWay(item.id.client)) return undefined;
  const right = lookup.integrated(rightOrigin);
  const left = origin === null ? undefined : lookup.integrated(origin);
  if (right === undefined || (origin !== null && left === undefined)) {
    // One of them comes with the same update. It cannot be in another list than the other one.
    const lists = origin === null ? [] : [lookup.listOf(origin), lookup.listOf(rightOrigin)];
    const [ours, theirs] = lists.filter((list) => list !== undefined);
    return theirs !== undefined && ours !== theirs ? 'neighbours-forged' : undefined;
  }
  if (left !== undefined && left.parent !== right.parent) return 'neighbours-forged';
  if (left === right) {
    const clocks = (origin?.clock ?? 0) + 1;
    return clocks === rightOrigin.clock ? undefined : 'neighbours-forged';
  }
  const saw = (id: Y.ID, length: number) =>
    [item.id, rightOrigin, ...(origin === null ? [] : [origin])].some(
      (by) => by.client === id.client && id.clock + length <= by.clock,
    );
  // What is left of the neighbours' own structs lies between them too.
  if (rightOrigin.clock > right.id.clock) return 'neighbours-forged';
  let between = left === undefined ? startOf(right) : left.right;
  for (let steps = 0; between !== right; steps += 1) {
    // The right neighbour lies left of the left one.
    if (between === null) return 'neighbours-forged';
    if (steps >= NEIGHBOURS_MAX) return undefined;
    if (saw(between.id, between.length)) return 'neighbours-forged';
    between = between.right;
  }
  return undefined;
}

/** The first item of the list that an item is in. */
function startOf(item: Y.Item): Y.Item | null {
  const parent: unknown = item.parent;
  if (!(parent instanceof Y.AbstractType)) return null;
  return item.parentSub === null ? parent._start : firstOf(item);
}

/** A map's values under one key are a list too, from oldest to newest. */
function firstOf(item: Y.Item): Y.Item {
  let first = item;
  while (first.left !== null) first = first.left;
  return first;
}
