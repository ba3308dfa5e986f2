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

/**
 * Among so many in the thread at most so many slow ones bring them back. Not none at all: every disk pauses now and
 * then, and a quick one that does so once in a hundred commits would never be trusted again.
 */
const THREAD_WINDOW = 128;
const THREAD_SLOW_MAX = 4;

export interface PlaceState {
  readonly place: CommitPlace;
  /** Which of the last commits in this place were slow, oldest first. */
  readonly recent: readonly boolean[];
}

export const START_PLACE: PlaceState = { place: 'loop', recent: [] };

/**
 * The state after a commit that failed, or that found the database locked: a disk that fails may hang next, and a lock
 * is waited for, which nobody on the event loop should share.
 */
export const AFTER_FAILURE: PlaceState = { place: 'thread', recent: [] };

/** The state after a commit that took `ms`. */
export function afterCommit({ place, recent }: PlaceState, ms: number): PlaceState {
  const last = [...recent, ms >= SLOW_MS].slice(place === 'loop' ? -WINDOW : -THREAD_WINDOW);
  const slow = last.filter(Boolean).length;
  if (place === 'loop') {
    return slow >= SLOW_COUNT ? { place: 'thread', recent: [] } : { place, recent: last };
  }
  return last.length === THREAD_WINDOW && slow <= THREAD_SLOW_MAX
    ? START_PLACE
    : { place, recent: last };
}
