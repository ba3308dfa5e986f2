import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceError, parseTrace, readTrace } from '../src/replay/trace.ts';
import { computeVersions, countConcurrent } from '../src/replay/versions.ts';
import { SMALL_TRACE_SEED, makeSmallTrace } from '../src/small-trace.ts';

const small = fileURLToPath(new URL('../traces/small.json.gz', import.meta.url));

describe('the small trace', () => {
  it('is what its generator makes from its seed', async () => {
    const kept: unknown = JSON.parse(gunzipSync(await readFile(small)).toString('utf8'));
    expect(kept).toEqual(JSON.parse(JSON.stringify(makeSmallTrace(SMALL_TRACE_SEED))));
  });

  it('has concurrency, several patches in a transaction and characters of two units', async () => {
    const trace = await readTrace(small);
    expect(trace.authors).toBe(3);
    expect(countConcurrent(computeVersions(trace))).toBeGreaterThan(500);
    expect(trace.transactions.some(({ patches }) => patches.length > 1)).toBe(true);
    expect(trace.transactions.some(({ parents }) => parents.length > 1)).toBe(true);
    expect([...trace.endContent].length).toBeLessThan(trace.endContent.length);
  });
});

describe('reading a trace', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weft-trace-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const problemOf = async (bytes: Uint8Array) => {
    const file = join(directory, 'trace.json.gz');
    await writeFile(file, bytes);
    const error: unknown = await readTrace(file).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TraceError);
    return error instanceof Error ? error.message.replace(file, '<file>') : '';
  };

  it('says in one line what is wrong with a file', async () => {
    const packed = await readFile(small);
    expect(await problemOf(new TextEncoder().encode('{}'))).toBe(
      '<file> is not a gzip file, or is damaged',
    );
    expect(await problemOf(packed.subarray(0, 1000))).toBe(
      '<file> is not a gzip file, or is damaged',
    );
    expect(await problemOf(new Uint8Array())).toBe('<file> is not a gzip file, or is damaged');
    expect(await problemOf(gzipSync('not json'))).toBe('<file> does not hold JSON');
    expect(await problemOf(gzipSync('[]'))).toContain('<file> is not an editing trace');
    await expect(readTrace(join(directory, 'missing'))).rejects.toThrow('cannot be read (ENOENT)');
    await expect(readTrace(directory)).rejects.toThrow('cannot be read (EISDIR)');
  });

  const concurrent = (...txns: unknown[]) => ({
    kind: 'concurrent',
    endContent: '',
    numAgents: 2,
    txns,
  });

  it.each([
    ['a number', 3, 'expected object'],
    ['another kind', { kind: 'video' }, 'kind: invalid'],
    ['no text to start with', { endContent: '', txns: [] }, 'startContent: missing'],
    [
      'an author too many',
      concurrent({ agent: 2, parents: [], patches: [] }),
      'txns.0.agent: there are 2 authors',
    ],
    [
      'its own parent',
      concurrent({ agent: 0, parents: [0], patches: [] }),
      'txns.0.parents: a parent must come earlier',
    ],
    [
      'a negative position',
      concurrent({ agent: 0, parents: [], patches: [[-1, 0, '']] }),
      'txns.0.patches.0.0: invalid',
    ],
    [
      'a deletion that is no number',
      concurrent({ agent: 0, parents: [], patches: [[0, 'x', '']] }),
      'txns.0.patches.0.1: expected number',
    ],
    [
      'a patch that is too long',
      concurrent({ agent: 0, parents: [], patches: [[0, 0, '', 1]] }),
      'txns.0.patches.0.3: invalid',
    ],
  ])('refuses %s', (_, value, message) => {
    expect(() => parseTrace(value)).toThrow(message);
  });

  it('gives up at the first of very many faults', () => {
    const txns = Array.from({ length: 300_000 }, () => ({ agent: 'x' }));
    expect(() => parseTrace({ ...concurrent(), txns })).toThrow('txns.0.agent');
    const parents = txns.map(() => 'x');
    expect(() => parseTrace(concurrent({ agent: 0, parents, patches: [] }))).toThrow(
      'txns.0.parents.0: expected number',
    );
  });

  it('makes a start text the first transaction of the only author', () => {
    const trace = parseTrace({
      startContent: 'ab',
      endContent: 'b',
      txns: [{ patches: [[0, 1, '']] }],
    });
    expect(trace).toEqual({
      authors: 1,
      endContent: 'b',
      transactions: [
        { author: 0, parents: [], patches: [[0, 0, 'ab']] },
        { author: 0, parents: [0], patches: [[0, 1, '']] },
      ],
    });
  });
});

describe('versions', () => {
  const trace = (...txns: [number, number[]][]) => ({
    authors: 3,
    endContent: '',
    transactions: txns.map(([author, parents]) => ({ author, parents, patches: [] })),
  });

  it('[D3] count per author what a transaction had seen, through merges', () => {
    const versions = computeVersions(
      trace([0, []], [1, [0]], [0, [0]], [2, [1]], [0, [2, 3]], [1, [1]]),
    );
    expect(versions.seen.map((seen) => [...seen])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [2, 1, 1],
      [1, 1, 0],
    ]);
    expect(versions.byAuthor).toEqual([[0, 2, 4], [1, 5], [3]]);
    // The third had not seen the second, the fourth not the third, the sixth neither third, fourth nor fifth.
    expect(countConcurrent(versions)).toBe(3);
  });

  it('refuses an author who forgets', () => {
    expect(() => computeVersions(trace([0, []], [0, []]))).toThrow(
      'txns.1: its author had not seen their own transaction before it',
    );
  });
});
