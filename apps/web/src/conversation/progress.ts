import { type Progress, type Watermarks, progressAt } from '@weft/protocol';
import type { MessageRow } from './group-messages.ts';

/** What stands at the end of a line of the viewer's own. */
export type LineMark = 'queued' | 'failed' | Progress;

/**
 * The mark of a line; `undefined` for what others wrote and for what was deleted.
 * @param furthest of everybody but the viewer
 */
export function markOf(row: MessageRow, furthest: Watermarks): LineMark | undefined {
  if (!row.own) return undefined;
  if (row.state !== 'stored') return row.state;
  if (row.stored.deleted || row.stored.membership !== undefined) return undefined;
  if (row.stored.waiting > 0) return 'queued';
  return progressAt(furthest, row.stored.sequence);
}

/** "Ann", "Ann and Bea", "Ann, Bea and 3 others". */
export function namesOf(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined || second === undefined) return first ?? '';
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length === 3) return `${first}, ${second} and ${names[2] ?? ''}`;
  return `${first}, ${second} and ${names.length - 2} others`;
}
