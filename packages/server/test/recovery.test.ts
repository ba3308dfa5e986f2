import { ADOPTED, type Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Intake, type Outcome } from '../src/door/intake.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';
import { catchUp } from '../src/engine/load.ts';

const STREAM = '_/document/a';
const UNTIL = 1_000;

/** The door of a document over a store, as it is after a restore; its clock is the test's. */
async function doorOver(store: Store, clock: { now: number }, recoveryUntil: number | undefined) {
  const doc = new Y.Doc();
  const content = await catchUp(store.log, STREAM, doc, 0);
  const intake = new Intake({
    doc,
    log: store.log,
    stream: STREAM,
    content,
    rules: { limits: DEFAULT_LIMITS, roots: undefined },
    recoveryUntil,
    now: () => clock.now,
    idle: () => {},
    created: () => {},
    grown: () => {},
  });
  const write = (principal: string, bytes: Uint8Array): Promise<Outcome> =>
    intake.write({ bytes, principal, origin: 'test' });
  return { doc, intake, write };
}

/** Ann's document: what the back-up has, and what she wrote after it. */
function annsWork() {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getText('t').insert(0, 'before ');
  const before = Y.encodeStateAsUpdate(doc);
  doc.getText('t').insert(7, 'after ');
  return { before, whole: Y.encodeStateAsUpdate(doc) };
}

/** A restored store that knows Ann by client id 1. */
async function restoredStore(before: Uint8Array): Promise<Store> {
  const store = await openMemoryStore();
  const entry = { stream: STREAM, principal: 'ann', kind: 'update', at: 0, bytes: before };
  await store.log.append([{ ...entry, claims: [1] }]);
  return store;
}

const kinds = async (store: Store) =>
  (await store.log.read(STREAM, 0, 100)).map(({ kind, principal }) => `${kind} by ${principal}`);

describe('after a restore', () => {
  it('[D7] without a window, structs of others are refused and change nothing; own ones return', async () => {
    const { before, whole } = annsWork();
    const store = await restoredStore(before);
    const { doc, write } = await doorOver(store, { now: 0 }, undefined);
    expect(await write('bea', whole)).toEqual({ outcome: 'refused', code: 'client-id-taken' });
    expect(doc.getText('t').toJSON()).toBe('before ');
    expect(await write('ann', whole)).toEqual({ outcome: 'stored' });
    expect(doc.getText('t').toJSON()).toBe('before after ');
    expect(await kinds(store)).toEqual(['update by ann', 'update by ann']);
  });

  it('[D7] in a window, structs of others are adopted, on record under who brought them', async () => {
    const { before, whole } = annsWork();
    const store = await restoredStore(before);
    const clock = { now: UNTIL - 1 };
    const { doc, write } = await doorOver(store, clock, UNTIL);
    expect(await write('bea', whole)).toEqual({ outcome: 'stored' });
    expect(doc.getText('t').toJSON()).toBe('before after ');
    expect(await kinds(store)).toEqual(['update by ann', `${ADOPTED} by bea`]);
    // Ann's id is still hers.
    expect(await store.log.claim(STREAM, 1, 'bea')).toBe('ann');
    expect(await write('ann', whole)).toEqual({ outcome: 'stored' });
    expect(await store.log.head(STREAM)).toBe(2);
  });

  it('[D7] an id that the back-up does not know stays free for its writer, whoever brings its structs', async () => {
    const store = await openMemoryStore();
    const clock = { now: 0 };
    const { write, intake } = await doorOver(store, clock, UNTIL);
    const ann = new Y.Doc();
    ann.clientID = 5;
    ann.getText('t').insert(0, 'hers');
    expect(await write('bea', Y.encodeStateAsUpdate(ann))).toEqual({ outcome: 'stored' });
    expect(await kinds(store)).toEqual([`${ADOPTED} by bea`]);
    // Ann is back, shows her id, and goes on writing under it.
    expect(await intake.announce(5, 'ann')).toBe(true);
    ann.getText('t').insert(4, ', again');
    expect(await write('ann', Y.encodeStateAsUpdate(ann))).toEqual({ outcome: 'stored' });
    expect(await kinds(store)).toEqual([`${ADOPTED} by bea`, 'update by ann']);
    clock.now = UNTIL;
    const forged = new Y.Doc();
    Y.applyUpdate(forged, Y.encodeStateAsUpdate(ann));
    forged.clientID = 5;
    forged.getText('t').insert(0, 'not hers');
    expect(await write('bea', Y.encodeStateAsUpdate(forged))).toEqual({
      outcome: 'refused',
      code: 'client-id-taken',
    });
  });

  it('[D7] the window ends at its time', async () => {
    const { before, whole } = annsWork();
    const store = await restoredStore(before);
    const { write } = await doorOver(store, { now: UNTIL }, UNTIL);
    expect(await write('bea', whole)).toEqual({ outcome: 'refused', code: 'client-id-taken' });
    expect(await kinds(store)).toEqual(['update by ann']);
  });

  it('[D3] a window lowers no other bar: what would stay pending is refused', async () => {
    const { before } = annsWork();
    const store = await restoredStore(before);
    const { write } = await doorOver(store, { now: 0 }, UNTIL);
    const other = new Y.Doc();
    other.getText('t').insert(0, 'x');
    const vector = Y.encodeStateVector(other);
    other.getText('t').insert(1, 'y');
    expect(await write('bea', Y.encodeStateAsUpdate(other, vector))).toEqual({
      outcome: 'refused',
      code: 'update-gap',
    });
  });
});
