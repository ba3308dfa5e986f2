import { contentHash, stateHash } from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { judgeStructs } from '../src/door/judge.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';
import { decodeUpdate } from '../src/door/update.ts';
import { digestUpdates } from '../src/engine/digest.ts';
import { type Random, createRandom } from './fuzz/random.ts';

/**
 * Forged neighbours, looked for by trying everything: one character that names any two places of a small text as its
 * neighbours, beside one or two honest insertions anywhere, in every order of arrival. Then several of them in one
 * update, which lean on each other too: of those a sample.
 */

const ROOT = 't';
type Id = readonly [client: number, clock: number];

/** The twelve bytes that the end-to-end test uses: client 9, between the second character of client 2 and itself. */
const FOUND = Uint8Array.of(1, 1, 9, 0, 0xc4, 2, 1, 2, 1, 1, 0x78, 0);

const textOf = (doc: Y.Doc) => doc.getText(ROOT).toJSON();

const build = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  doc.getText(ROOT);
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};

/** What somebody inserts who has seen the base, and nothing else. */
function insertion(base: Uint8Array, client: number, at: number, text: string): Uint8Array {
  const doc = build([base]);
  doc.clientID = client;
  const before = Y.encodeStateVector(doc);
  doc.getText(ROOT).insert(at, text);
  return Y.encodeStateAsUpdate(doc, before);
}

function between(
  client: number,
  left: Id | undefined,
  right: Id | undefined,
  clock = 0,
): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const value of [1, 1, client, clock]) encoding.writeVarUint(encoder, value);
  encoding.writeUint8(encoder, 4 | (left ? 0x80 : 0) | (right ? 0x40 : 0));
  for (const value of [...(left ?? []), ...(right ?? [])]) encoding.writeVarUint(encoder, value);
  if (left === undefined && right === undefined) {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, ROOT);
  }
  encoding.writeVarString(encoder, 'x');
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
}

function orders<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((first, at) =>
    orders(list.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}

const judge = (doc: Y.Doc, bytes: Uint8Array) => {
  const update = decodeUpdate(bytes);
  if (update === undefined) return 'update-invalid';
  const rules = { limits: DEFAULT_LIMITS, roots: undefined };
  const verdict = judgeStructs(doc, new Map(), update, rules);
  return verdict.verdict === 'refused' ? verdict.code : verdict.verdict;
};

/** Texts that came to be in different ways. */
function bases(): readonly Uint8Array[] {
  const typed = new Y.Doc();
  typed.clientID = 2;
  typed.getText(ROOT).insert(0, 'abcd');
  const inserted = new Y.Doc();
  inserted.clientID = 6;
  inserted.getText(ROOT).insert(0, 'ad');
  inserted.getText(ROOT).insert(1, 'bc');
  const two = build([Y.encodeStateAsUpdate(typed)]);
  two.clientID = 4;
  two.getText(ROOT).insert(2, 'yz');
  two.getText(ROOT).delete(0, 1);
  return [typed, inserted, two].map((doc) => Y.encodeStateAsUpdate(doc));
}

function idsOf(doc: Y.Doc): readonly (Id | undefined)[] {
  const ids: (Id | undefined)[] = [undefined];
  for (const [client, structs] of doc.store.clients) {
    const last = structs.at(-1);
    const end = last === undefined ? 0 : last.id.clock + last.length;
    for (let clock = 0; clock < end; clock += 1) ids.push([client, clock]);
  }
  return ids;
}

describe('forged neighbours', () => {
  it('[D1] [D11] whatever would make honest replicas differ is refused, and read whole it reads the same for all', () => {
    const diverging = new Set<string>();
    for (const base of bases()) {
      const door = build([base]);
      const { length } = door.getText(ROOT);
      const honest: (readonly Uint8Array[])[] = [];
      for (let at = 0; at <= length; at += 1) {
        honest.push([insertion(base, 5, at, 'A')]);
        honest.push([
          insertion(base, 3, at, 'A'),
          insertion(base, 7, (at * 2) % (length + 1), 'B'),
        ]);
      }
      for (const client of [1, 9]) {
        for (const left of idsOf(door)) {
          for (const right of idsOf(door)) {
            const forged = between(client, left, right);
            for (const others of honest) {
              const docs = orders([forged, ...others]).map((order) => build([base, ...order]));
              if (new Set(docs.map(textOf)).size === 1) continue;
              expect(new Set(docs.map(contentHash)).size).toBeGreaterThan(1);
              diverging.add(forged.toString());
              expect(judge(door, forged)).toBe('neighbours-forged');
              // It arrives after the honest ones just as well.
              expect(judge(build([base, ...others]), forged)).toBe('neighbours-forged');
              expect(new Set(docs.map(stateHash)).size).toBe(1);
              const whole = docs.map((doc) => digestUpdates([Y.encodeStateAsUpdate(doc)]).content);
              expect(new Set(whole).size).toBe(1);
            }
          }
        }
      }
    }
    expect(diverging.size).toBeGreaterThan(10);
    expect(diverging).toContain(FOUND.toString());
  });

  it(
    '[D1] [D11] of several in one update, that lean on each other, whatever is let in reads the same in every order',
    { timeout: 120_000 },
    () => {
      const random = createRandom(27_11_2026);
      const made = bases();
      const verdicts = new Map<string, number>();
      let diverging = 0;
      for (let round = 0; round < 2_500; round += 1) {
        const base = made[random.below(made.length)] ?? FOUND;
        const pieces = forgery(base, random);
        const forged = Y.mergeUpdates([...pieces]);
        const door = build([base]);
        const others = [3, 5].map((client) =>
          insertion(base, client, random.below(door.getText(ROOT).length + 1), 'AB'),
        );
        const verdict = judge(door, forged);
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        const all = [...pieces, ...others];
        const read = [0, 1, 2, 3].map(() => textOf(build([base, ...shuffled(all, random)])));
        if (new Set(read).size === 1) continue;
        diverging += 1;
        expect([round, verdict]).toEqual([round, 'neighbours-forged']);
        expect([round, judge(build([base, ...others]), forged)]).toEqual([
          round,
          'neighbours-forged',
        ]);
      }
      expect([...verdicts.keys()].toSorted()).toEqual(['fine', 'neighbours-forged']);
      expect(diverging).toBeGreaterThan(40);
    },
  );
});

/** Characters of one or two clients, each between two places anywhere, their own ones among them. */
function forgery(base: Uint8Array, random: Random): readonly Uint8Array[] {
  const ids = [...idsOf(build([base]))];
  const clocks = new Map<number, number>();
  return Array.from({ length: 2 + random.below(4) }, () => {
    const client = random.pick([1, 9]);
    const clock = clocks.get(client) ?? 0;
    clocks.set(client, clock + 1);
    const made = between(
      client,
      ids[random.below(ids.length)],
      ids[random.below(ids.length)],
      clock,
    );
    ids.push([client, clock]);
    return made;
  });
}

function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(random.below(left.length), 1));
}
