import type { PeopleMessage, PersonPresence } from '@weft/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AWAY_MAX, Roster, TOLD_MAX } from '../src/gateway/roster.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const principal = (sub: string, tenant = '_') => ({
  tenant,
  sub,
  name: `Name of ${sub}`,
  grants: undefined,
  expires: undefined,
});

/** One socket with the workspace open. */
function join(roster: Roster, sub: string, tenant?: string) {
  const heard: PeopleMessage[] = [];
  const attendee = {
    state: 'online' as PersonPresence['state'],
    send: (message: PeopleMessage) => void heard.push(message),
  };
  const place = roster.attend(principal(sub, tenant), 'main', attendee);
  return {
    heard,
    leave: () => place.leave(),
    is: (state: PersonPresence['state']) => {
      attendee.state = state;
      place.changed();
    },
  };
}

const words = (message: PeopleMessage | undefined) =>
  message?.people?.map(({ sub, state, at }) => `${sub} ${state} ${at - 1_000_000}`);

describe('who is in a workspace', () => {
  it('[P3] is told whole to who comes, then who changed, once a second, to everybody of the tenant', () => {
    const roster = new Roster(Date.now);
    const ann = join(roster, 'ann');
    const other = join(roster, 'cleo', 'elsewhere');
    vi.advanceTimersByTime(5_000);
    const bea = join(roster, 'bea');
    expect(bea.heard).toMatchObject([{ whole: true, present: 2 }]);
    expect(words(bea.heard[0])).toEqual(['ann online 0', 'bea online 5000']);
    const before = ann.heard.length;
    vi.advanceTimersByTime(999);
    expect(ann.heard).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(ann.heard.at(-1)).toMatchObject({ whole: false, present: 2 });
    expect(words(ann.heard.at(-1))).toEqual(['bea online 5000']);
    expect(other.heard.every(({ present }) => present === 1)).toBe(true);
  });

  it('[P3] is one person over all devices: idle at all of them, away on none, with when they were last seen', () => {
    const roster = new Roster(Date.now);
    const ann = join(roster, 'ann');
    const [desk, phone] = [join(roster, 'bea'), join(roster, 'bea')];
    vi.advanceTimersByTime(1_000);
    desk.is('idle');
    vi.advanceTimersByTime(1_000);
    const count = ann.heard.length;
    expect(ann.heard.at(-1)?.present).toBe(2);
    phone.is('idle');
    vi.advanceTimersByTime(1_000);
    expect(words(ann.heard.at(-1))).toEqual(['bea idle 2000']);
    expect(ann.heard).toHaveLength(count + 1);
    // A session that is cut for long is away, and so is who leaves.
    phone.is('away');
    vi.advanceTimersByTime(1_000);
    expect(ann.heard).toHaveLength(count + 1);
    desk.leave();
    vi.advanceTimersByTime(1_000);
    expect(words(ann.heard.at(-1))).toEqual(['bea away 4000']);
    expect(ann.heard.at(-1)?.present).toBe(1);
    // Whoever comes later is told of it too, also when nobody was there in between.
    ann.leave();
    phone.leave();
    vi.advanceTimersByTime(60_000);
    const cleo = join(roster, 'cleo');
    expect(words(cleo.heard[0])).toEqual(['bea away 4000', 'ann away 5000', 'cleo online 65000']);
  });

  it('[P3] who reloads a page does not go and come', () => {
    const roster = new Roster(Date.now);
    const ann = join(roster, 'ann');
    const bea = join(roster, 'bea');
    vi.advanceTimersByTime(1_000);
    const count = ann.heard.length;
    bea.leave();
    vi.advanceTimersByTime(500);
    join(roster, 'bea');
    vi.advanceTimersByTime(2_000);
    expect(ann.heard).toHaveLength(count);
  });

  it('is a number where they are many, and those who were away the longest are forgotten', () => {
    const roster = new Roster(Date.now);
    const ann = join(roster, 'ann');
    const crowd = Array.from({ length: TOLD_MAX }, (_, n) => join(roster, `person-${n}`));
    vi.advanceTimersByTime(1_000);
    expect(ann.heard.at(-1)).toMatchObject({ whole: true, present: TOLD_MAX + 1, people: null });
    crowd[0]?.leave();
    vi.advanceTimersByTime(1_000);
    expect(ann.heard.at(-1)).toMatchObject({ whole: true, present: TOLD_MAX });
    expect(ann.heard.at(-1)?.people).toHaveLength(TOLD_MAX + 1);
    for (const each of crowd) each.leave();
    const bea = join(roster, 'bea');
    expect(bea.heard[0]?.people).toHaveLength(AWAY_MAX + 2);
    expect(bea.heard[0]?.people?.some(({ sub }) => sub === 'person-0')).toBe(false);
  });
});
