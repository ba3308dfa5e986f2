/**
 * The order of one device's commands in one conversation, where some of them are refused for now (law C5). Their
 * counters rise in the order in which they were made. While one that was refused has not come again, later ones have to
 * wait: a client that sends without waiting for answers would otherwise be stored in another order.
 */

/** What was refused for now and has not come again, of one device in one conversation. */
export interface Refusals {
  /** Counter → command id. Never empty. */
  readonly waiting: ReadonlyMap<number, string>;
  /** Until when the others are held back, UTC milliseconds: the device may have lost what it had. */
  readonly until: number;
}

/** Milliseconds that a device has to come again with what was refused: three times its longest pause. */
export const TURN_WAIT = 60_000;

/** Refused commands that are remembered: the lowest ones, as those above them wait in any case. */
const REMEMBERED = 256;

/** Whether a command must wait, and for which one. */
export function mustWait(
  refusals: Refusals | undefined,
  counter: number,
  now: number,
): { readonly counter: number; readonly id: string } | undefined {
  if (refusals === undefined || now >= refusals.until) return undefined;
  const lowest = Math.min(...refusals.waiting.keys());
  if (counter <= lowest) return undefined;
  return { counter: lowest, id: refusals.waiting.get(lowest) ?? '' };
}

/** A command was refused for now. */
export function refuseTurn(
  refusals: Refusals | undefined,
  command: { readonly counter: number; readonly id: string },
  now: number,
): Refusals {
  const known = refusals === undefined || now >= refusals.until ? new Map() : refusals.waiting;
  const lowest = Math.min(...known.keys());
  const waiting = new Map<number, string>(known).set(command.counter, command.id);
  if (waiting.size > REMEMBERED) waiting.delete(Math.max(...waiting.keys()));
  // Who only knocks, while what must come first stays away, does not make it longer.
  const until =
    command.counter <= lowest || refusals === undefined ? now + TURN_WAIT : refusals.until;
  return { waiting, until };
}

/** A command was stored, or refused for good: nothing waits for it any more. `undefined` when nothing waits at all. */
export function passTurn(
  refusals: Refusals | undefined,
  counter: number,
  now: number,
): Refusals | undefined {
  if (refusals === undefined || !refusals.waiting.has(counter)) return refusals;
  const waiting = new Map(refusals.waiting);
  waiting.delete(counter);
  // The next one has its own time to come again.
  return waiting.size === 0 ? undefined : { waiting, until: now + TURN_WAIT };
}
