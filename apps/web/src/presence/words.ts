import type { PersonPresence } from '@weft/client';

/** Milliseconds. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Where a person is, in words: said when somebody asks for it. @param now UTC milliseconds */
export function presenceWords({ state, at }: PersonPresence, now: number): string {
  switch (state) {
    case 'online':
      return 'Online';
    case 'idle':
      return `Idle for ${spanOf(now - at)}`;
    case 'away':
      return now - at < MINUTE ? 'Was here just now' : `Last seen ${spanOf(now - at)} ago`;
    default: {
      const unreachable: never = state;
      return unreachable;
    }
  }
}

/** Roughly how long: the clocks of two devices are behind it. */
function spanOf(ms: number): string {
  if (ms < 2 * MINUTE) return 'a minute';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * HOUR) return 'an hour';
  if (ms < DAY) return `${Math.floor(ms / HOUR)} hours`;
  return ms < 2 * DAY ? 'a day' : `${Math.floor(ms / DAY)} days`;
}

const ORDER = { online: 0, idle: 1, away: 2 } as const;

/** The others, those who are there first, then by who was there last and by name. */
export function othersIn(
  people: readonly PersonPresence[],
  me: { readonly sub: string },
): readonly PersonPresence[] {
  return people
    .filter(({ sub }) => sub !== me.sub)
    .toSorted(
      (a, b) =>
        ORDER[a.state] - ORDER[b.state] ||
        (a.state === 'away' ? b.at - a.at : 0) ||
        a.name.localeCompare(b.name) ||
        (a.sub < b.sub ? -1 : 1),
    );
}
