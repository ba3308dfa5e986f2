import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/torture/ledger.ts';
import { torture } from '../src/torture/run.ts';
import { compareMarks } from '../src/torture/verify.ts';
import { temporaryDirectory } from './kit.ts';

describe('torture', () => {
  it('[D2] [C1] [C2] [C4] 20 SIGKILLs under load: everything reported as stored is there, once, in order', async () => {
    const report = await torture({
      kills: 20,
      seed: 20_261,
      dataDir: temporaryDirectory(),
      progress: () => {},
    });
    expect(report.kills).toBe(20);
    expect(report.writes).toBeGreaterThan(0);
    expect(report.messages).toBeGreaterThan(0);
  }, 300_000);

  it('its ledger and its comparison bite', async () => {
    const ledger = new Ledger();
    const marks = [1, 2, 3].map(() => ledger.write('a', 'Ann'));
    ledger.waiting('a', 'Ann', 1);
    const { made = [], stored = [] } = ledger.now.documents.get('a') ?? {};
    expect(made).toEqual(marks);
    expect(stored).toEqual(marks.slice(0, 2));
    expect(compareMarks('a', marks, made, stored)).toEqual([]);
    expect(compareMarks('a', marks.slice(1), made, stored)).toEqual([
      'a: Ann.1 was stored and is gone',
    ]);
    expect(compareMarks('a', [...marks, 'Ann.1'], made, stored)).toEqual([
      'a: Ann.1 is there twice',
    ]);
    expect(compareMarks('a', [...marks, 'Bea.1'], made, stored)).toEqual(['a: nobody wrote Bea.1']);
    // The third was not reported: it may be there, and it may not.
    expect(compareMarks('a', marks.slice(0, 2), made, stored)).toEqual([]);
    ledger.stored('room', 'id', 1);
    expect(() => ledger.stored('room', 'id', 2)).toThrowError();
  });
});
