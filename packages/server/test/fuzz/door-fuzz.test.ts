import { contentHash } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { judgeSize, judgeStructs } from '../../src/door/judge.ts';
import { DEFAULT_LIMITS } from '../../src/door/limits.ts';
import { decodeUpdate, examine } from '../../src/door/update.ts';
import { mutate } from './mutate.ts';
import { type Random, createRandom } from './random.ts';

/** Inputs in this run; a million by hand: `WEFT_FUZZ_INPUTS=1000000 vitest run packages/server/test/fuzz`. */
const INPUTS = Number(process.env['WEFT_FUZZ_INPUTS'] ?? 100_000);
const SEED = Number(process.env['WEFT_FUZZ_SEED'] ?? 22_11_2026);
const PER_DOCUMENT = 250;

/** Milliseconds of CPU that judging may take for each 64 KB, and at the least: a scheduler's tick is in it. */
const CPU_MS_PER_64_KB = 50;

/** A document of some edits of every kind, and what others would send next. */
export function session(random: Random) {
  const server = new Y.Doc();
  const updates: Uint8Array[] = [];
  for (let client = 1; client <= 3; client += 1) {
    const doc = new Y.Doc();
    doc.clientID = client;
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(server));
    let before = Y.encodeStateVector(doc);
    for (let edit = 0; edit < 8; edit += 1) {
      const text = doc.getText('t');
      const at = random.below(text.length + 1);
      const content = doc.getXmlFragment('content');
      switch (random.below(6)) {
        case 0:
          if (text.length > 2) text.delete(random.below(text.length - 1), 1);
          break;
        case 1:
          if (text.length > 2) text.format(0, 2, { bold: true });
          break;
        case 2:
          doc.getMap('m').set(`k${random.below(3)}`, { value: edit });
          break;
        case 3: {
          const element = new Y.XmlElement('paragraph');
          element.insert(0, [new Y.XmlText('inside')]);
          content.insert(random.below(content.length + 1), [element]);
          break;
        }
        default:
          text.insert(at, 'abc');
      }
      if (random.chance(0.4)) {
        updates.push(Y.encodeStateAsUpdate(doc, before));
        before = Y.encodeStateVector(doc);
      }
    }
    if (client < 3) Y.applyUpdate(server, Y.encodeStateAsUpdate(doc));
  }
  updates.push(Y.encodeStateAsUpdate(server));
  const known = [...server.store.clients].flatMap(([client, structs]) =>
    structs.map(({ id }) => Y.createID(client, id.clock)),
  );
  return { state: Y.encodeStateAsUpdate(server), updates, known };
}

/** What the author of an update's last struct writes next, where they are or elsewhere. */
function following(doc: Y.Doc, update: Uint8Array, random: Random): Uint8Array {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  Y.applyUpdate(copy, update);
  const last = Y.decodeUpdate(update).structs.at(-1);
  if (last !== undefined) copy.clientID = last.id.client;
  const before = Y.encodeStateVector(copy);
  const text = copy.getText('t');
  const own = last === undefined ? -1 : placeBehind(text, last.id, last.length);
  text.insert(own >= 0 && random.chance(0.7) ? own : random.below(text.length + 1), 'next');
  return Y.encodeStateAsUpdate(copy, before);
}

/** The index right behind a struct, where it is in the text; -1 elsewhere. */
function placeBehind(text: Y.Text, id: Y.ID, length: number): number {
  let index = 0;
  for (let item = text._start; item !== null; item = item.right) {
    if (!item.deleted && item.countable) index += item.length;
    if (item.id.client !== id.client) continue;
    if (item.id.clock + item.length >= id.clock + length && item.id.clock < id.clock + length) {
      return index;
    }
  }
  return -1;
}

describe('the door under mutated updates', () => {
  it(
    `[D3] ${INPUTS.toLocaleString('en')} inputs: nothing throws, and what is let in applies whole`,
    { timeout: 30 * 60_000 },
    () => {
      const random = createRandom(SEED);
      const seen = new Map<string, number>();
      let inputs = 0;
      let worst = 0;
      while (inputs < INPUTS) {
        const { state, updates, known } = session(random);
        let doc = new Y.Doc();
        Y.applyUpdate(doc, state);
        for (let count = 0; count < PER_DOCUMENT && inputs < INPUTS; count += 1) {
          inputs += 1;
          const original = updates[random.below(updates.length)] ?? state;
          const bytes = mutate(original, known, random);
          const start = process.cpuUsage();
          const verdict = judge(doc, bytes);
          const { user, system } = process.cpuUsage(start);
          const allowed = CPU_MS_PER_64_KB * Math.max(1, bytes.length / 65_536);
          let share = (user + system) / 1000 / allowed;
          // Other work of the process, and the scheduler's ticks, are in it: what costs too much does so each time.
          for (let again = 0; share > 1 && again < 5; again += 1) {
            const from = process.cpuUsage();
            judge(doc, bytes);
            const used = process.cpuUsage(from);
            share = Math.min(share, (used.user + used.system) / 1000 / allowed);
          }
          expect([SEED, inputs, share <= 1]).toEqual([SEED, inputs, true]);
          worst = Math.max(worst, share);
          seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
          if (verdict !== 'new') continue;
          const behind = following(doc, bytes, random);
          const leaning = random.chance(0.5) ? mutate(behind, known, random) : behind;
          const verdictBehind = judgeBehind(doc, bytes, leaning);
          seen.set(verdictBehind, (seen.get(verdictBehind) ?? 0) + 1);
          Y.applyUpdate(doc, bytes);
          if (verdictBehind === 'behind: new') {
            // What is let in while the first is on its way must be what is let in once it is there.
            const then = judge(doc, leaning);
            // Deletes that the first one brought too.
            expect([SEED, inputs, then === 'known' ? 'new' : then]).toEqual([SEED, inputs, 'new']);
            Y.applyUpdate(doc, leaning);
          }
          expect([SEED, inputs, doc.store.pendingStructs, doc.store.pendingDs]).toEqual([
            SEED,
            inputs,
            null,
            null,
          ]);
          expect(contentHash(doc)).toHaveLength(64);
          for (const name of ['t', 'content']) doc.share.get(name)?.toJSON();
          // Whoever loads it from the log must be able to.
          const copy = new Y.Doc();
          Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
          expect(contentHash(copy)).toBe(contentHash(doc));
          doc.destroy();
          doc = new Y.Doc();
          Y.applyUpdate(doc, state);
        }
      }
      console.log(
        `${inputs} inputs, worst ${(worst * 100).toFixed(0)} % of the CPU allowed:`,
        Object.fromEntries(seen),
      );
      // The mutations reach past the decoder, and not all of them are refused.
      expect([...seen.keys()]).toEqual(
        expect.arrayContaining([
          'update-invalid',
          'update-gap',
          'clock-jump',
          'key-forbidden',
          'neighbours-forged',
          'new',
          'behind: new',
          'behind: waits',
          'known',
        ]),
      );
    },
  );

  /** A write that comes while another one, which was let in, is on its way. */
  function judgeBehind(doc: Y.Doc, first: Uint8Array, second: Uint8Array): string {
    const rules = { limits: DEFAULT_LIMITS, roots: undefined };
    const ahead = decodeUpdate(first);
    const update = decodeUpdate(second);
    if (ahead === undefined || update === undefined) return 'behind: update-invalid';
    const verdict = judgeStructs(doc, new Map(), ahead, rules);
    if (verdict.verdict !== 'fine') return `behind: ${verdict.verdict}`;
    const found = examine(doc, verdict.queued, update);
    if (found.finding !== 'new') return 'behind: nothing new';
    const judged = judgeStructs(doc, verdict.queued, update, rules);
    return judged.verdict === 'fine' ? 'behind: new' : `behind: ${judged.verdict}`;
  }

  function judge(doc: Y.Doc, bytes: Uint8Array): string {
    const update = decodeUpdate(bytes);
    if (update === undefined) return 'update-invalid';
    const rules = { limits: DEFAULT_LIMITS, roots: undefined };
    const oversize = judgeSize(update, rules.limits);
    if (oversize !== undefined) return oversize;
    const found = examine(doc, new Map(), update);
    if (found.finding === 'refused') return found.code;
    if (found.finding === 'known') return 'known';
    const verdict = judgeStructs(doc, new Map(), update, rules);
    return verdict.verdict === 'refused' ? verdict.code : 'new';
  }
});
