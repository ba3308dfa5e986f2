import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { KINDS, inTurn } from '../src/bench/kinds.ts';
import {
  BASE_CLIENT,
  PieceTypist,
  TEXT_ROOT,
  Typist,
  baseText,
  encodeInsertion,
} from '../src/bench/load/edits.ts';
import { MARKS, MARK_LENGTH, eachMark, markText } from '../src/bench/load/marks.ts';
import { Measures, judge } from '../src/bench/measure.ts';
import { SCENARIOS, UsageError, parseOptions } from '../src/bench/options.ts';
import { number } from '../src/bench/report.ts';
import { median } from '../src/bench/stats.ts';
import { VERSIONS } from '../src/bench/versions.ts';

function marksIn(bytes: Uint8Array): number[] {
  const marks: number[] = [];
  eachMark(bytes, (mark) => marks.push(mark));
  return marks;
}

const base = encodeInsertion(
  { client: BASE_CLIENT, clock: 0 },
  { left: undefined, right: undefined },
  baseText(200),
);

describe('edits written by hand', () => {
  it('are what Yjs itself would send', () => {
    const doc = new Y.Doc();
    doc.clientID = BASE_CLIENT;
    doc.getText(TEXT_ROOT).insert(0, baseText(200));
    expect(base).toEqual(Y.encodeStateAsUpdate(doc));

    const other = new Y.Doc();
    other.clientID = 77;
    Y.applyUpdate(other, base);
    const updates: Uint8Array[] = [];
    other.on('update', (update: Uint8Array) => updates.push(update));
    const text = other.getText(TEXT_ROOT);
    text.insert(50, 'one');
    text.insert(53, 'two');
    const typist = new Typist(77, 50);
    expect([typist.type('one'), typist.type('two')]).toEqual(updates);
  });

  it('write a text in place of the last, and nothing else stays', () => {
    const doc = new Y.Doc();
    const typist = new PieceTypist(77);
    for (const text of ['first', 'second', 'the last']) Y.applyUpdate(doc, typist.replace(text));
    expect(doc.getText(TEXT_ROOT).toJSON()).toBe('the last');
    expect(doc.store.pendingStructs).toBeNull();
    expect(doc.store.pendingDs).toBeNull();
  });

  it('leave nothing pending, whoever types where and in which order it arrives', () => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, base);
    const typists = [20, 100, 100].map((at, index) => new Typist(1_000 + index, at));
    for (let round = 0; round < 5; round += 1) {
      for (const typist of typists) Y.applyUpdate(doc, typist.type('abc'));
    }
    expect(doc.store.pendingStructs).toBeNull();
    expect(doc.getText(TEXT_ROOT).length).toBe(200 + 45);
  });
});

describe('marks', () => {
  it('are found in updates, alone and merged', () => {
    const typist = new Typist(0x4000_0000, 10);
    const updates = [0, 1, 63, 64, 4_095, 1_000_000, MARKS - 1].map((mark) =>
      typist.type(markText(mark)),
    );
    const all = [0, 1, 63, 64, 4_095, 1_000_000, MARKS - 1];
    expect(updates.flatMap(marksIn)).toEqual(all);
    expect(marksIn(Y.mergeUpdates([base, ...updates]))).toEqual(all);
  });

  it('are all of one length, differ, and are read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MARKS - 1 }), (mark) => {
        const text = markText(mark);
        expect(text).toHaveLength(MARK_LENGTH);
        expect(marksIn(Buffer.from(text))).toEqual([mark]);
      }),
    );
    expect(() => markText(MARKS)).toThrow(RangeError);
  });

  it('do not begin in the text that a document begins with', () => {
    expect(marksIn(base)).toEqual([]);
  });
});

describe('figures', () => {
  it('are medians, set beside the stock server of the same run', () => {
    expect(median([])).toBeUndefined();
    expect(median([9, 1, 4])).toBe(4);
    expect(median([1, 2, 4, 9])).toBe(3);
    const measures = new Measures();
    measures.define('time', 'ms', { goal: 'at-most-times', times: 2 });
    measures.define('rate', 'edits/s', { goal: 'at-least-times', times: 1 });
    measures.define('lost', '%', { goal: 'at-most', value: 0 });
    measures.define('size', 'kB');
    for (const value of [9, 3, 5]) measures.add('time', 'weft', value);
    measures.add('time', 'hocuspocus', 2);
    measures.add('rate', 'weft', 4);
    measures.add('rate', 'hocuspocus', 4);
    measures.add('size', 'relay', 1);
    const judged = measures.list().map(judge);
    expect(judged.map(({ verdict }) => verdict)).toEqual([
      'fail',
      'pass',
      'not measured',
      'no goal',
    ]);
    expect(judged[0]?.ratio).toBe(2.5);
    expect(() => measures.add('tme', 'weft', 1)).toThrow('not defined');
  });

  it('are shown with three digits', () => {
    expect([0, 0.1234, 1.234, 12.34, 123.4, 12_345].map(number)).toEqual([
      '0',
      '0.123',
      '1.23',
      '12.3',
      '123',
      '12,345',
    ]);
  });
});

describe('the command line', () => {
  it('takes scenarios by name, all of them by default, three rounds unless it is quick', () => {
    expect(parseOptions([])).toEqual({
      scenarios: SCENARIOS,
      quick: false,
      rounds: 3,
      out: undefined,
      only: undefined,
      profile: undefined,
      stages: false,
    });
    const { scenarios, quick, rounds, out } = parseOptions([
      'cold',
      'hot',
      '--quick',
      '--out',
      'x',
    ]);
    expect(scenarios.map(({ name }) => name)).toEqual(['cold', 'hot']);
    expect([quick, rounds, out]).toEqual([true, 1, 'x']);
    expect(parseOptions(['--rounds', '5']).rounds).toBe(5);
  });

  it('says in one line what is wrong', () => {
    for (const argv of [
      ['warm'],
      ['--rounds', '0'],
      ['--rounds', 'x'],
      ['--only', 'x'],
      ['--fast'],
    ]) {
      expect(() => parseOptions(argv)).toThrow(UsageError);
    }
  });
});

describe('the servers', () => {
  it('each go first in turn', () => {
    expect([0, 1, 2, 3, 4].map((round) => inTurn(KINDS, round)[0])).toEqual([
      'weft',
      'hocuspocus',
      'y-websocket',
      'relay',
      'weft',
    ]);
  });

  it('have the versions that the results name', () => {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const named = Object.values(VERSIONS).flatMap(
      (line) => line.match(/[@\w/-]+ \d+\.\d+\.\d+/g) ?? [],
    );
    expect(named).toHaveLength(4);
    for (const each of named) expect(text).toContain(`"${each.replace(' ', '": "')}"`);
  });
});
