import { contentHash, stateHash } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { IDLE, IdleCompare } from '../src/idle-compare.ts';
import { loadParts } from '../src/parts.ts';
import { manualEnv } from './kit/manual-env.ts';

await loadParts();

/** A document of so many lines, and a comparer whose idle moments the test deals out. */
function setup(lines: number) {
  const doc = new Y.Doc();
  const list = doc.getArray<string>('lines');
  // Between others' lines nothing is merged into one struct.
  for (let line = 0; line < lines; line += 1) list.insert(0, [`line ${line}`]);
  const moments: (() => void)[] = [];
  const env = {
    ...manualEnv(() => {
      throw new Error('No socket here.');
    }),
    idle: (run: () => void) => {
      moments.push(run);
      return () => void moments.splice(moments.indexOf(run), 1);
    },
  };
  const said: { readonly state: string; readonly content: string }[] = [];
  const compare = new IdleCompare({
    doc,
    env,
    ready: () => true,
    send: (digest) => void said.push(digest),
  });
  doc.on('update', () => compare.changed());
  return { doc, list, env, compare, moments, said };
}

describe('a quiet replica says what it holds', () => {
  it('[D1] reads a long document in many idle moments, and says the same as at once', () => {
    const { doc, env, compare, moments, said } = setup(20_000);
    compare.changed();
    env.advance(IDLE);
    let count = 0;
    for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) {
      count += 1;
      moment();
    }
    expect(count).toBeGreaterThanOrEqual(5);
    expect(said).toEqual([{ state: stateHash(doc), content: contentHash(doc) }]);
  });

  it('[D1] begins again after a change in between, and says nothing that was never so', () => {
    const { doc, list, env, compare, moments, said } = setup(20_000);
    compare.changed();
    env.advance(IDLE);
    moments.shift()?.();
    env.advance(1);
    list.delete(0, 1);
    for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) moment();
    expect(said).toEqual([]);
    env.advance(IDLE);
    for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) moment();
    expect(said).toEqual([{ state: stateHash(doc), content: contentHash(doc) }]);
  });
});
