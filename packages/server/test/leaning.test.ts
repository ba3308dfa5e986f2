import type { AppendResult, Log, LogEntry } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Intake, type Outcome } from '../src/door/intake.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';

/** Writes that lean on others which are still on their way to the log. */

/** A door whose appends are committed when the test says so. */
async function door() {
  const { log } = await openMemoryStore();
  const held: (() => Promise<void>)[] = [];
  let appends = 0;
  const append: Log['append'] = (entries: readonly LogEntry[]) => {
    appends += 1;
    return new Promise<AppendResult>((resolve, reject) => {
      held.push(() => log.append(entries).then(resolve, reject));
    });
  };
  const doc = new Y.Doc();
  const intake = new Intake({
    doc,
    log: { ...log, append },
    stream: 's',
    content: { updates: [], snapshotBytes: 0, number: 0 },
    rules: { limits: DEFAULT_LIMITS, roots: undefined },
    now: () => 0,
    idle: () => undefined,
    created: () => undefined,
    grown: () => undefined,
  });
  return {
    doc,
    write: (bytes: Uint8Array) => intake.write({ bytes, principal: 'ann', origin: 'test' }),
    /** Appends that were begun. */
    appends: () => appends,
    commit: async () => {
      for (const each of held.splice(0)) await each();
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}

/** One person's document, and what each of its changes gives. */
function author(client: number, base?: Y.Doc) {
  const doc = new Y.Doc();
  doc.clientID = client;
  if (base !== undefined) Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  return {
    doc,
    change: (change: (doc: Y.Doc) => void): Uint8Array => {
      const before = Y.encodeStateVector(doc);
      change(doc);
      return Y.encodeStateAsUpdate(doc, before);
    },
  };
}

const STORED: Outcome = { outcome: 'stored' };

describe('a write that leans on one that is on its way', () => {
  it('[D3] ten people who type in bursts never wait for each other’s commits, nor for their own', async () => {
    const { doc, write, appends, commit } = await door();
    const base = author(1);
    const first = write(base.change((each) => each.getText('t').insert(0, 'x'.repeat(100))));
    await commit();
    await first;
    const outcomes: Promise<Outcome>[] = [];
    for (let person = 0; person < 10; person += 1) {
      const { change } = author(10 + person, base.doc);
      for (let key = 0; key < 20; key += 1) {
        const at = person * 10 + key * 2;
        outcomes.push(write(change((each) => each.getText('t').insert(at, 'ab'))));
      }
    }
    // All are on their way, and nothing of them is committed.
    expect(appends()).toBe(1 + 200);
    await commit();
    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => STORED));
    expect(doc.getText('t').length).toBe(100 + 400);
  });

  it('[D3] whoever goes back into what is on its way waits for it, and so do those behind, in order', async () => {
    const { doc, write, appends, commit } = await door();
    const { doc: own, change } = author(7);
    const outcomes = [
      write(change((each) => each.getText('t').insert(0, 'abcd'))),
      write(change((each) => each.getText('t').insert(2, 'X'))),
      write(change((each) => each.getText('t').insert(5, 'e'))),
    ];
    expect(appends()).toBe(1);
    await commit();
    expect(appends()).toBe(3);
    await commit();
    expect(await Promise.all(outcomes)).toEqual([STORED, STORED, STORED]);
    expect(doc.getText('t').toJSON()).toBe(own.getText('t').toJSON());
  });

  it('[D3] what nobody can have seen side by side is refused, although nothing of it is stored yet', async () => {
    const { doc, write, commit } = await door();
    const { change } = author(7);
    const laid = write(change((each) => each.getText('t').insert(0, 'abcdef')));
    // Client 7, clock 6: one character between the first and the fourth of those.
    const forged = Uint8Array.of(1, 1, 7, 6, 0xc4, 7, 0, 7, 3, 1, 0x21, 0);
    const outcome = write(forged);
    await commit();
    expect(await laid).toEqual(STORED);
    expect(await outcome).toEqual({ outcome: 'refused', code: 'neighbours-forged' });
    expect(doc.getText('t').toJSON()).toBe('abcdef');
  });

  it('[D5] its author’s own work on its way may lie between two places: nobody waits for it, and all read the same', async () => {
    const { doc, write, appends, commit } = await door();
    const base = author(1).change((each) => each.getText('t').insert(0, 'ab'));
    const laid = write(base);
    await commit();
    await laid;
    // Client 7, clocks 0 and 1: both between the two, although the first is there. An undo writes such things.
    const between = (clock: number) =>
      Uint8Array.of(1, 1, 7, clock, 0xc4, 1, 0, 1, 1, 1, 0x78 + clock, 0);
    const outcomes = [write(between(0)), write(between(1))];
    expect(appends()).toBe(3);
    await commit();
    expect(await Promise.all(outcomes)).toEqual([STORED, STORED]);
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.mergeUpdates([base, between(0), between(1)]));
    expect(doc.getText('t').toJSON()).toBe('ayxb');
    expect(other.getText('t').toJSON()).toBe('ayxb');
  });

  it('[D3] a failed commit fails neither the order nor the judgement of those that waited', async () => {
    const { log } = await openMemoryStore();
    let failing = true;
    const doc = new Y.Doc();
    const intake = new Intake({
      doc,
      log: {
        ...log,
        append: (entries) =>
          failing ? Promise.reject(new Error('disk full')) : log.append(entries),
      },
      stream: 's',
      content: { updates: [], snapshotBytes: 0, number: 0 },
      rules: { limits: DEFAULT_LIMITS, roots: undefined },
      now: () => 0,
      idle: () => undefined,
      created: () => undefined,
      grown: () => undefined,
    });
    const { change } = author(7);
    const write = (bytes: Uint8Array) => intake.write({ bytes, principal: 'ann', origin: 'test' });
    const outcomes = await Promise.all([
      write(change((each) => each.getText('t').insert(0, 'abcd'))),
      write(change((each) => each.getText('t').insert(2, 'X'))),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'refused']);
    failing = false;
    expect(await write(change((each) => each.getText('u').insert(0, 'y')))).toMatchObject({
      outcome: 'refused',
      code: 'update-gap',
    });
    expect(doc.getText('t').toJSON()).toBe('');
  });

  it('[D5] [D2] a commit of unknown outcome is not hidden by the one behind it', async () => {
    const { log } = await openMemoryStore();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    let appends = 0;
    const doc = new Y.Doc();
    const intake = new Intake({
      doc,
      log: {
        ...log,
        append: async (entries) => {
          appends += 1;
          const first = appends === 1;
          await held;
          const result = await log.append(entries);
          // In the log, and nobody is told so.
          if (first) throw new Error('the sync failed');
          return result;
        },
      },
      stream: 's',
      content: { updates: [], snapshotBytes: 0, number: 0 },
      rules: { limits: DEFAULT_LIMITS, roots: undefined },
      now: () => 0,
      idle: () => undefined,
      created: () => undefined,
      grown: () => undefined,
    });
    const write = (bytes: Uint8Array) => intake.write({ bytes, principal: 'ann', origin: 'test' });
    const one = author(7).change((each) => each.getText('t').insert(0, 'one'));
    const two = author(8).change((each) => each.getText('u').insert(0, 'two'));
    const outcomes = [write(one), write(two)];
    letGo();
    expect((await Promise.all(outcomes)).map(({ outcome }) => outcome)).toEqual([
      'failed',
      'stored',
    ]);
    expect(doc.getText('t').toJSON()).toBe('one');
    expect(await write(one)).toEqual(STORED);
    expect(await log.head('s')).toBe(2);
  });
});
