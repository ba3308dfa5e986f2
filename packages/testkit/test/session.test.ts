import { describe, expect, it } from 'vitest';
import { type Step, planSession, readReplay, writeReplay } from '../src/session/plan.ts';
import { sessionReport } from '../src/session/report.ts';

const everything = {
  peers: 3,
  steps: 300,
  faults: [
    'cut',
    'halfOpen',
    'slow',
    'dropFrames',
    'duplicate',
    'reload',
    'crash',
    'kill',
    'serverKill',
    'serverPause',
    'fillDisk',
  ],
} as const;

const countOf = (steps: readonly Step[], type: Step['type']) =>
  steps.filter((step) => step.type === type).length;

describe('a random session', () => {
  it('is the same for a seed, and another one for another', () => {
    const plan = (seed: number) => planSession({ ...everything, seed });
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
    expect(plan(1)).toHaveLength(300);
  });

  it('draws every fault that is asked for and no other, and weights count', () => {
    const steps = planSession({ ...everything, steps: 3_000, seed: 1 });
    for (const fault of everything.faults) expect(countOf(steps, fault)).toBeGreaterThan(0);
    const calm = planSession({ peers: 2, steps: 300, seed: 1, weights: { erase: 0 } });
    expect(new Set(calm.map(({ type }) => type))).toEqual(new Set(['type', 'break', 'caret']));
  });

  it('ends what it began before the server is troubled anew', () => {
    let server = 'well';
    for (const { type } of planSession({ ...everything, steps: 3_000, seed: 2 })) {
      if (type === 'serverPause' || type === 'fillDisk' || type === 'serverKill') {
        expect(server).toBe('well');
      }
      if (type === 'serverPause' || type === 'fillDisk') server = type;
      if (type === 'serverResume') expect(server).toBe('serverPause');
      if (type === 'freeDisk') expect(server).toBe('fillDisk');
      if (type === 'serverResume' || type === 'freeDisk') server = 'well';
    }
  });

  it('is read back as it was written, and refused in a sentence otherwise', () => {
    const replay = {
      seed: '7',
      peers: 3,
      found: 'They differ.',
      steps: [...planSession({ ...everything, seed: 7 })],
    };
    expect(readReplay(writeReplay(replay))).toEqual(replay);
    const other = writeReplay(replay).replace('"version": 1', '"version": 2');
    expect(() => readReplay(other)).toThrow(
      'This session has version 2, and this testkit replays 1',
    );
    expect(() => readReplay('nonsense')).toThrow('it is no JSON');
    expect(() => readReplay('{"version":1,"seed":"1"}')).toThrow('This is no recorded session');
  });

  it('is reported in one page, with what people typed as text and never as markup', () => {
    const html = sessionReport({
      seed: '1',
      peers: 1,
      found: 'Ann: <script>',
      names: ['Ann'],
      steps: [],
      made: [
        { step: { type: 'type', peer: 0, text: '<b>' }, from: 1_000, to: 1_100 },
        { step: { type: 'serverKill' }, from: 1_100, to: 1_900 },
      ],
      frames: [[{ at: 1_050, way: 'up', fate: 'drop', opcode: 2, size: 12 }]],
    });
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<b>');
    expect(html).toContain('types “&lt;b>”');
    expect(html).toContain('serverKill');
    expect(html).toContain('up 12 bytes drop');
  });
});
