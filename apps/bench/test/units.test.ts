import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { hasAstral, trackCodePoints } from '../src/replay/code-points.ts';
import { createHistogram } from '../src/replay/histogram.ts';
import { covers, describeMade } from '../src/replay/ledger.ts';
import { UsageError, parseOptions } from '../src/replay/options.ts';

describe('code points', () => {
  it('follow patches as a fresh count of the text would', () => {
    let text = 'a🧵b👩‍🔬c';
    const points = trackCodePoints(() => text, true);
    const patches: [number, number, string][] = [
      [2, 1, 'é🧵'],
      [0, 0, '𝔘𝔫𝔦'],
      [3, 2, ''],
      [1, 1, 'x𐍈y'],
      [9, 0, '🧵'],
      [0, 3, ''],
    ];
    for (const [position, deleted, inserted] of patches) {
      const letters = [...text];
      const start = letters.slice(0, position).join('').length;
      const length = letters.slice(position, position + deleted).join('').length;
      expect(points.toUtf16(position)).toBe(start);
      expect(points.toUtf16(position + deleted) - start).toBe(length);
      text = text.slice(0, start) + inserted + text.slice(start + length);
      points.patched(start, length, inserted);
      for (let at = 0; at <= [...text].length; at += 1) {
        expect(points.toUtf16(at)).toBe([...text].slice(0, at).join('').length);
      }
    }
    text = `🧵${text}`;
    points.invalidate();
    expect(points.toUtf16(1)).toBe(2);
  });

  it('are units where there is nothing outside the basic plane', () => {
    expect(hasAstral('é漢字')).toBe(false);
    expect(hasAstral('𐍈')).toBe(true);
    const points = trackCodePoints(() => '🧵', false);
    expect(points.toUtf16(5)).toBe(5);
  });
});

describe('coverage', () => {
  it('[D1] asks for deletes too, which state vectors do not show', () => {
    const author = new Y.Doc();
    const other = new Y.Doc();
    const updates: Uint8Array[] = [];
    const transactions: Y.Transaction[] = [];
    author.on(
      'update',
      (update: Uint8Array, _origin: unknown, _doc: unknown, transaction: Y.Transaction) => {
        updates.push(update);
        transactions.push(transaction);
      },
    );
    author.getText('text').insert(0, 'abcdef');
    const typed = describeMade(author, 0, transactions[0], updates[0]);
    author.getText('text').delete(1, 3);
    const deleted = describeMade(author, 0, transactions[1], updates[1]);
    expect(covers(other, author.clientID, typed)).toBe(false);
    Y.applyUpdate(other, updates[0] ?? new Uint8Array());
    expect(covers(other, author.clientID, typed)).toBe(true);
    expect(covers(other, author.clientID, deleted)).toBe(false);
    // Somebody else deleted a part of it.
    other.getText('text').delete(1, 1);
    expect(covers(other, author.clientID, deleted)).toBe(false);
    Y.applyUpdate(other, updates[1] ?? new Uint8Array());
    expect(covers(other, author.clientID, deleted)).toBe(true);
  });
});

describe('histogram', () => {
  it('gives percentiles at most 1 % too high', () => {
    const histogram = createHistogram();
    for (let i = 1; i <= 1000; i += 1) histogram.add(i / 10);
    for (const share of [0.01, 0.5, 0.99, 1]) {
      const exact = share * 100;
      expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact * 0.9999);
      expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * 1.0101);
    }
    expect(histogram.max).toBe(100);
    expect(createHistogram().quantile(0.5)).toBe(0);
  });
});

describe('options', () => {
  it('has defaults that need no server', () => {
    expect(parseOptions(['a/b.json.gz'])).toEqual({
      file: 'a/b.json.gz',
      name: 'b.json.gz',
      clients: undefined,
      rate: undefined,
      server: undefined,
      kill: true,
    });
  });

  it('takes a server as people write it', () => {
    const { server, kill } = parseOptions(['f', '--server', 'ws://127.0.0.1:4400', '--token', 't']);
    expect(server).toEqual({ url: 'ws://127.0.0.1:4400/sync', token: 't' });
    expect(kill).toBe(false);
  });

  it.each([
    [[]],
    [['a', 'b']],
    [['a', '--speed', '3']],
    [['a', '--clients']],
    [['a', '--clients', '0']],
    [['a', '--clients', '2.5']],
    [['a', '--rate', '-1']],
    [['a', '--rate', 'fast']],
    [['a', '--rate', '0']],
    [['a', '--server', 'ws://x']],
    [['a', '--token', 't']],
    [['a', '--server', 'x', '--token', 't']],
    [['a', '--server', 'ftp://x', '--token', 't']],
  ])('refuses %j in one line', (argv) => {
    try {
      parseOptions(argv);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect(error instanceof Error ? error.message : '').not.toContain('\n');
    }
  });
});
