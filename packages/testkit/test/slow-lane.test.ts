import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlowLane, type Slowness } from '../src/slow-lane.ts';

describe('a slow line', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A lane, and what came out of it, each with the time that it took. */
  function laneOf(slowness: Slowness | undefined) {
    const state = { slowness };
    const out: (readonly [string, number])[] = [];
    const start = Date.now();
    const lane = new SlowLane(
      () => state.slowness,
      (bytes) => out.push([bytes.toString(), Date.now() - start]),
      'seed',
    );
    return { lane, out, state };
  }

  it('hands on at once where there is no slowness', () => {
    const { lane, out } = laneOf(undefined);
    lane.push(Buffer.from('a'));
    expect(out).toEqual([['a', 0]]);
  });

  it('takes its latency, and its rate, and keeps the order under jitter', () => {
    const { lane, out, state } = laneOf({ latency: 100, rate: 1_000 });
    lane.push(Buffer.from('a'.repeat(100)));
    lane.push(Buffer.from('b'.repeat(100)));
    vi.advanceTimersByTime(5_000);
    expect(out.map(([text, at]) => [text[0], at])).toEqual([
      ['a', 200],
      ['b', 300],
    ]);
    out.length = 0;
    state.slowness = { latency: 10, jitter: 1_000 };
    const letters = 'abcdefghij'.split('');
    for (const letter of letters) lane.push(Buffer.from(letter));
    vi.advanceTimersByTime(5_000);
    expect(out.map(([text]) => text)).toEqual(letters);
    expect(new Set(out.map(([, at]) => at)).size).toBeGreaterThan(1);
  });

  it('lets nothing overtake what is under way when it becomes quick, and flushes', () => {
    const { lane, out, state } = laneOf({ latency: 100 });
    lane.push(Buffer.from('a'));
    state.slowness = undefined;
    lane.push(Buffer.from('b'));
    expect(out).toEqual([]);
    lane.flush();
    expect(out.map(([text]) => text)).toEqual(['a', 'b']);
  });

  it('says when it is full, and when there is room again', () => {
    const { lane } = laneOf({ latency: 100 });
    lane.push(Buffer.alloc(64 * 1024));
    expect(lane.full).toBe(true);
    const room = vi.fn<() => void>();
    lane.onRoom(room);
    vi.advanceTimersByTime(99);
    expect(room).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(room).toHaveBeenCalledOnce();
    expect(lane.full).toBe(false);
  });

  it('holds what is under way, and lets it go on', () => {
    const { lane, out } = laneOf({ latency: 100 });
    lane.push(Buffer.from('a'));
    lane.hold(true);
    lane.push(Buffer.from('b'));
    vi.advanceTimersByTime(5_000);
    lane.flush();
    expect(out).toEqual([]);
    lane.hold(false);
    vi.advanceTimersByTime(0);
    expect(out.map(([text]) => text)).toEqual(['a', 'b']);
  });
});
