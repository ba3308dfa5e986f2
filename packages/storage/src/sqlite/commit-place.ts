/**
 * Where commits run. On the event loop a commit costs least, as long as the disk is quick (0.1–0.5 ms here); a thread
 * costs two hand-overs per commit, about as much CPU again, but an fsync of ten milliseconds then keeps nobody
 * waiting. So the place follows what commits were measured to take.
 */
export type CommitPlace = 'loop' | 'thread';

/** A commit of so many milliseconds is felt by everybody on the event loop. */
const SLOW_MS = 2;

/** So many slow ones among the last few move commits to the thread: one alone may be anything. */
const SLOW_COUNT = 3;
const WINDOW = 8;

/** Quick ones in a row that bring them back: a disk that pauses now and then stays where it harms nobody. */
const QUICK_IN_A_ROW = 256;

export interface PlaceState {
  readonly place: CommitPlace;
  /** For the loop: which of the last commits were slow. For the thread: how many in a row were quick. */
  readonly recent: readonly boolean[];
  readonly quick: number;
}

export const START_PLACE: PlaceState = { place: 'loop', recent: [], quick: 0 };

/**
 * The state after a commit that failed, or that found the database locked: a disk that fails may hang next, and a lock
 * is waited for, which nobody on the event loop should share.
 */
export const AFTER_FAILURE: PlaceState = { place: 'thread', recent: [], quick: 0 };

/** The state after a commit that took `ms`. */
export function afterCommit(state: PlaceState, ms: number): PlaceState {
  const slow = ms >= SLOW_MS;
  if (state.place === 'loop') {
    const recent = [...state.recent, slow].slice(-WINDOW);
    const many = recent.filter(Boolean).length >= SLOW_COUNT;
    return many ? { place: 'thread', recent: [], quick: 0 } : { ...state, recent };
  }
  const quick = slow ? 0 : state.quick + 1;
  return quick >= QUICK_IN_A_ROW ? START_PLACE : { ...state, quick };
}
