import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKOFF,
  type ConnectionEvent,
  type ConnectionState,
  STABLE_AFTER,
  backoffDelay,
  connectionNext,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

const instant = fc.nat({ max: 10_000_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const retryAfter = fc.option(fc.nat({ max: 60_000 }), { nil: undefined });

const event: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  fc.constant<ConnectionEvent>({ type: 'connect' }),
  fc.constant<ConnectionEvent>({ type: 'disconnect' }),
  fc.constant<ConnectionEvent>({ type: 'hurry' }),
  fc.record({ type: fc.constant('welcome' as const), now: instant }),
  fc.record({
    type: fc.constant('queued' as const),
    position: fc.integer({ min: 1, max: 9_000 }),
    wait: fc.option(fc.nat({ max: 600_000 }), { nil: undefined }),
  }),
  fc.constant<ConnectionEvent>({ type: 'cut' }),
  fc.constant<ConnectionEvent>({ type: 'resumed' }),
  fc.record({
    type: fc.constant('lost' as const),
    now: instant,
    random,
    retryAfter,
    link: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('denied' as const),
    code: fc.constantFrom(
      'token-invalid' as const,
      'shutting-down' as const,
      'token-expired' as const,
    ),
    now: instant,
    random,
    retryAfter,
    final: fc.boolean(),
  }),
);

const idle: ConnectionState = { state: 'idle' };
const run = (events: readonly ConnectionEvent[], from: ConnectionState = idle) =>
  events.reduce(connectionNext, from);
const lost = (now: number, by = 1): ConnectionEvent => ({ type: 'lost', now, random: by });

describe('connection', () => {
  it('only the person ends it, only a refusal bars it, and only a welcome makes it online', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40, size: 'max' }), (events) => {
        let state: ConnectionState = idle;
        for (const next of events) {
          const before: ConnectionState = state;
          state = connectionNext(before, next);
          if (state === before) continue;
          switch (state.state) {
            case 'idle':
              expect(next.type).toBe('disconnect');
              break;
            case 'online':
              expect(['connecting welcome', 'queued welcome', 'cut resumed']).toContain(
                `${before.state} ${next.type}`,
              );
              break;
            case 'queued':
              expect(['connecting', 'queued']).toContain(before.state);
              expect(next).toMatchObject({ type: 'queued', position: state.position });
              break;
            case 'cut':
              expect([before.state, next.type]).toEqual(['online', 'cut']);
              break;
            case 'denied':
              expect(next.type).toBe('denied');
              break;
            case 'waiting':
              expect(next).toMatchObject({ type: 'denied', code: state.code });
              expect(next).toHaveProperty('retryAfter', expect.any(Number));
              break;
            case 'connecting':
              expect(['connect', 'hurry', 'lost']).toContain(next.type);
              if (next.type === 'lost') {
                expect([next.link, before.state]).toEqual([
                  true,
                  expect.stringMatching(/online|cut/),
                ]);
              }
              break;
            default:
              expect(['lost', 'denied']).toContain(next.type);
          }
        }
      }),
      { ...seeded, numRuns: 1_000 },
    );
  });

  it('waits no longer than its cap or than it was asked to, and never less than asked', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40, size: 'max' }), (events) => {
        let state: ConnectionState = idle;
        for (const next of events) {
          const before: ConnectionState = state;
          state = connectionNext(before, next);
          if (state === before) continue;
          if (state.state !== 'backoff' && state.state !== 'waiting') continue;
          if (next.type !== 'lost' && next.type !== 'denied') continue;
          const wait = state.retryAt - next.now;
          expect(wait).toBeGreaterThanOrEqual(next.retryAfter ?? 0);
          expect(wait).toBeLessThanOrEqual(Math.max(BACKOFF.cap, next.retryAfter ?? 0));
        }
      }),
      { ...seeded, numRuns: 1_000 },
    );
  });

  it('the wait grows with each failed attempt, up to its cap, and is spread over the whole window', () => {
    const widest = Array.from({ length: 12 }, (_, attempt) => backoffDelay(attempt, 1));
    expect(widest).toEqual(widest.toSorted((a, b) => a - b));
    expect(widest.at(-1)).toBe(BACKOFF.cap);
    expect(backoffDelay(5, 0)).toBe(0);
  });

  it('[S3] a cut keeps what the connection was, and a session that is over begins anew on a link that is there', () => {
    const online = run([{ type: 'connect' }, { type: 'welcome', now: 5 }]);
    const cut = run([{ type: 'cut' }], online);
    expect(run([{ type: 'resumed' }], cut)).toEqual(online);
    const over = (now: number): ConnectionEvent => ({ type: 'lost', now, random: 1, link: true });
    expect(run([over(5 + STABLE_AFTER)], cut)).toEqual({ state: 'connecting', attempt: 0 });
    // One that never holds for long waits as if there were none.
    expect(run([over(5 + STABLE_AFTER - 1)], cut)).toMatchObject({ state: 'backoff', attempt: 1 });
  });

  it('a server that welcomes and drops at once is not stormed; one that held long is met anew', () => {
    const drop = (after: number) =>
      Array.from({ length: 6 }).reduce<ConnectionState>(
        (state) => run([{ type: 'welcome', now: 0 }, lost(after), { type: 'hurry' }], state),
        { state: 'connecting', attempt: 0 },
      );
    expect(drop(STABLE_AFTER - 1)).toEqual({ state: 'connecting', attempt: 6 });
    expect(drop(STABLE_AFTER)).toEqual({ state: 'connecting', attempt: 0 });
  });

  it('late events of a closed socket change nothing', () => {
    const late: ConnectionEvent[] = [
      lost(1),
      { type: 'welcome', now: 1 },
      { type: 'denied', code: 'token-invalid', now: 1, random: 0 },
    ];
    const states: ConnectionState[] = [
      idle,
      { state: 'backoff', attempt: 3, retryAt: 9 },
      { state: 'denied', code: 'token-invalid' },
    ];
    for (const state of states)
      for (const next of late) expect(connectionNext(state, next)).toBe(state);
  });

  it('an expired token is asked for again, unless there is no other', () => {
    const expired = { type: 'denied', code: 'token-expired', now: 0, random: 1 } as const;
    const online = run([{ type: 'connect' }, { type: 'welcome', now: 0 }]);
    expect(connectionNext(online, expired).state).toBe('backoff');
    expect(connectionNext(online, { ...expired, final: true }).state).toBe('denied');
  });
});
