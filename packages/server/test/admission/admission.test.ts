import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { Admission } from '../../src/admission/admission.ts';
import { DEFAULT_ADMISSION } from '../../src/admission/limits.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function guest() {
  const told: (readonly [position: number, wait: number | undefined])[] = [];
  const state = { admitted: false, told };
  return {
    state,
    admitted: () => {
      state.admitted = true;
    },
    told: (position: number, wait: number | undefined) => void told.push([position, wait]),
  };
}

const full = (seats: number) => {
  const admission = new Admission({ ...DEFAULT_ADMISSION, seats }, Date.now);
  const seated = Array.from({ length: seats }, (_, n) => admission.enter(`seated-${n}`, guest()));
  return { admission, seated };
};

describe('the line', () => {
  it('[A2] is told of at once, as it moves, and every ten seconds; the wait is what the line shows', () => {
    const { admission, seated } = full(2);
    const [ann, bea] = [guest(), guest()];
    admission.enter('ann', ann);
    admission.enter('bea', bea);
    expect([ann.state.told, bea.state.told]).toEqual([[[1, undefined]], [[2, undefined]]]);
    vi.advanceTimersByTime(4_000);
    expect(bea.state.told).toHaveLength(1);
    seated[0]?.leave('left');
    expect(ann.state.admitted).toBe(true);
    vi.advanceTimersByTime(1_000);
    // One seat came free in 4 s, and one second has passed since.
    expect(bea.state.told.at(-1)).toEqual([1, 5_000]);
    const count = bea.state.told.length;
    vi.advanceTimersByTime(9_000);
    expect(bea.state.told).toHaveLength(count);
    vi.advanceTimersByTime(1_000);
    // Nobody moved: it takes longer than it seemed.
    expect(bea.state.told.at(-1)).toEqual([1, 15_000]);
    expect(admission.figures).toMatchObject({
      seated: 2,
      waiting: 1,
      fresh: 2,
      admitted: 1,
      waitedMs: 4_000,
    });
  });

  it('[A2] a seat is kept for who was cut, for half a minute; who left, or stays away, makes room', () => {
    const { admission, seated } = full(2);
    const [ann, bea] = [guest(), guest()];
    admission.enter('ann', ann);
    admission.enter('bea', bea);
    seated[0]?.leave('cut');
    vi.advanceTimersByTime(29_000);
    expect(ann.state.admitted).toBe(false);
    expect(admission.figures).toMatchObject({ seated: 1, kept: 1, waiting: 2 });
    const back = admission.enter('seated-0', guest());
    expect(back.entry).toBe('seated');
    expect(admission.figures).toMatchObject({ seated: 2, kept: 0, returned: 1 });
    back.leave('cut');
    vi.advanceTimersByTime(31_000);
    expect([ann.state.admitted, bea.state.admitted]).toEqual([true, false]);
    back.leave('cut');
    expect(admission.figures).toMatchObject({ seated: 2, kept: 0, waiting: 1 });
  });

  it('[A2] a seat whose time is over goes to the line, not to whoever comes just then', () => {
    const { admission, seated } = full(1);
    const ann = guest();
    admission.enter('ann', ann);
    seated[0]?.leave('cut');
    // The clock went on, and no timer has run yet.
    vi.setSystemTime(Date.now() + 60_000);
    expect(admission.enter('seated-0', guest()).entry).toBe('waiting');
    expect(ann.state.admitted).toBe(true);
  });

  it('a place in it is given up by who leaves, and nobody is told anything after that', () => {
    const { admission, seated } = full(1);
    const [ann, bea] = [guest(), guest()];
    const place = admission.enter('ann', ann);
    admission.enter('bea', bea);
    place.leave('cut');
    seated[0]?.leave('left');
    vi.advanceTimersByTime(60_000);
    expect([ann.state.admitted, bea.state.admitted]).toEqual([false, true]);
    expect(ann.state.told).toHaveLength(1);
    expect(admission.figures).toMatchObject({ gaveUp: 1, waiting: 0, kept: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('documents', () => {
  it('[A3] take so many sockets; workspaces and conversations as many as there are', () => {
    const admission = new Admission({ ...DEFAULT_ADMISSION, perDocument: 2 }, Date.now);
    const spec = { kind: 'document', id: 'spec' } as const;
    const workspace = { kind: 'workspace', id: 'main' } as const;
    expect([1, 2, 3].map(() => admission.enterDocument('_', spec))).toEqual([true, true, false]);
    expect(admission.enterDocument('other', spec)).toBe(true);
    expect([1, 2, 3].map(() => admission.enterDocument('_', workspace))).toEqual([
      true,
      true,
      true,
    ]);
    admission.leaveDocument('_', spec);
    expect(admission.enterDocument('_', spec)).toBe(true);
    expect(admission.figures.refused['document-full']).toBe(1);
  });
});
