import type { PersonPresence } from '@weft/client';
import { describe, expect, it } from 'vitest';
import { IDLE_AFTER, watchActivity } from '../src/presence/activity.ts';
import { othersIn, presenceWords } from '../src/presence/words.ts';

const MINUTE = 60_000;
const person = (sub: string, state: PersonPresence['state'], at = 0): PersonPresence => ({
  sub,
  name: sub,
  state,
  at,
});

describe('presence', () => {
  it('is said in words, roughly', () => {
    const words = (state: PersonPresence['state'], minutes: number) =>
      presenceWords(person('bea', state), minutes * MINUTE);
    expect(words('online', 500)).toBe('Online');
    expect(words('idle', 12)).toBe('Idle for 12 min');
    expect(words('away', 0)).toBe('Was here just now');
    expect(words('away', 61)).toBe('Last seen an hour ago');
    expect(words('away', 200)).toBe('Last seen 3 hours ago');
    expect(words('away', 3 * 24 * 60)).toBe('Last seen 3 days ago');
    // This device's clock may be behind the server's.
    expect(presenceWords(person('bea', 'away', 9 * MINUTE), 0)).toBe('Was here just now');
  });

  it('lists the others: who is there first, then who was there last', () => {
    const people = [
      person('dan', 'away', 1),
      person('eve', 'away', 2),
      person('ann', 'online'),
      person('cleo', 'idle'),
      person('bea', 'online'),
      person('abe', 'online'),
    ];
    const subs = othersIn(people, { sub: 'ann' }).map(({ sub }) => sub);
    expect(subs).toEqual(['abe', 'bea', 'cleo', 'eve', 'dan']);
  });
});

/** A window, as far as this asks. */
function view() {
  const listeners = new Map<string, () => void>();
  let due: (() => void) | undefined;
  let armed = 0;
  return {
    addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener),
    removeEventListener: (name: string) => void listeners.delete(name),
    setTimeout: (fire: () => void, ms: number) => {
      due = fire;
      armed = ms;
      return 1;
    },
    clearTimeout: () => {
      due = undefined;
    },
    listeners,
    pass: () => due?.(),
    armed: () => armed,
  };
}

describe('activity', () => {
  it('is idle after five minutes without a sign, and online at the next one', () => {
    const window = view();
    let now = 0;
    const told: string[] = [];
    const stop = watchActivity(
      window as never,
      () => now,
      (state) => void told.push(state),
    );
    expect([told, window.armed()]).toEqual([['online'], IDLE_AFTER]);
    now = 500;
    window.listeners.get('pointermove')?.();
    expect(told).toEqual(['online']);
    window.pass();
    now = 400_000;
    window.listeners.get('keydown')?.();
    expect(told).toEqual(['online', 'idle', 'online']);
    stop();
    window.pass();
    expect([told.length, window.listeners.size]).toEqual([3, 0]);
  });
});
