import { contentHash, splitUpdate } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { judgeSize, judgeStructs } from '../src/door/judge.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';
import { decodeUpdate, examine } from '../src/door/update.ts';
import { type Random, createRandom } from './fuzz/random.ts';

/** Sessions in this run; more by hand: `WEFT_HONEST_SESSIONS=20000 vitest run packages/server/test/honest-work.test.ts`. */
const SESSIONS = Number(process.env['WEFT_HONEST_SESSIONS'] ?? 2_000);
const SEED = Number(process.env['WEFT_FUZZ_SEED'] ?? 27_11_2026);

/** Somebody who writes, undoes, and is without a network at times. */
interface Person {
  readonly doc: Y.Doc;
  readonly undo: Y.UndoManager;
  /** Updates that the server was not sent yet. */
  unsent: Uint8Array[];
  /** Of the server's updates, how many arrived. */
  heard: number;
}

function person(client: number): Person {
  const doc = new Y.Doc();
  doc.clientID = client;
  const scope = [doc.getText('t'), doc.getXmlFragment('content'), doc.getMap('m')];
  const undo = new Y.UndoManager(scope, { captureTimeout: 0 });
  const made: Person = { doc, undo, unsent: [], heard: 0 };
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'server') made.unsent.push(update);
  });
  return made;
}

function edit({ doc, undo }: Person, random: Random): void {
  const text = doc.getText('t');
  const content = doc.getXmlFragment('content');
  const place = () => random.below(text.length + 1);
  switch (random.below(12)) {
    case 0:
    case 1:
      undo.undo();
      break;
    case 2:
      undo.redo();
      break;
    case 3: {
      const at = place();
      text.delete(at, Math.min(random.below(6), text.length - at));
      break;
    }
    case 4: {
      const at = place();
      text.format(at, Math.min(random.below(6), text.length - at), {
        [random.pick(['bold', 'italic'])]: random.pick([true, null]),
      });
      break;
    }
    case 5:
      doc.getMap('m').set(random.pick(['a', 'b']), random.below(100));
      break;
    case 6:
      doc.getMap('m').delete(random.pick(['a', 'b']));
      break;
    case 7:
    case 8: {
      const at = random.below(content.length + 1);
      const held = content.get(at);
      if (held instanceof Y.XmlElement && random.chance(0.7)) inside(held, random);
      else if (held !== undefined && random.chance(0.5)) content.delete(at, 1);
      else content.insert(at, [paragraph(random)]);
      break;
    }
    default:
      text.insert(place(), random.pick(['x', 'typed', 'a longer piece of text']));
  }
}

function paragraph(random: Random): Y.XmlElement {
  const made = new Y.XmlElement('paragraph');
  const children = Array.from({ length: random.below(4) }, () => new Y.XmlElement('leaf'));
  made.insert(0, children);
  return made;
}

/** What is in a paragraph comes and goes one by one: bringing it all back, an undo writes what it wrote once in new places. */
function inside(held: Y.XmlElement, random: Random): void {
  const at = random.below(held.length + 1);
  if (held.length > at && random.chance(0.5)) held.delete(at, 1);
  else held.insert(at, [new Y.XmlElement(random.pick(['leaf', 'other']))]);
  if (random.chance(0.2)) held.setAttribute('align', random.pick(['left', 'right']));
}

/** Sends all that the server lacks: as it was made, as one, as a part of all there is, in pieces, with what all others made. */
function bring(
  server: Y.Doc,
  { doc, unsent }: Person,
  people: readonly Person[],
  random: Random,
): readonly Uint8Array[] {
  const behind = Y.encodeStateVector(server);
  switch (random.below(5)) {
    case 0:
      return unsent;
    case 1: {
      // What came by way of the server in between is a gap, of which a client that says so is told to compare.
      const merged = Y.mergeUpdates(unsent);
      const gaps = Y.decodeUpdate(merged).structs.some((struct) => struct instanceof Y.Skip);
      return gaps ? unsent : [merged];
    }
    case 2:
      return splitUpdate(Y.encodeStateAsUpdate(doc, behind), 64);
    case 3:
      // Of each author as their own copy has it, where nothing of the others parts what they wrote.
      return [Y.mergeUpdates(people.map((each) => Y.encodeStateAsUpdate(each.doc, behind)))];
    default:
      return [Y.encodeStateAsUpdate(doc, random.chance(0.3) ? undefined : behind)];
  }
}

function judge(doc: Y.Doc, bytes: Uint8Array): string {
  const update = decodeUpdate(bytes);
  if (update === undefined) return 'update-invalid';
  const found = examine(doc, new Map(), update);
  if (found.finding !== 'new') return found.finding === 'refused' ? found.code : 'fine';
  const rules = { limits: DEFAULT_LIMITS, roots: undefined };
  const verdict = judgeStructs(doc, new Map(), update, rules);
  return (
    judgeSize(update, rules.limits) ??
    (verdict.verdict === 'refused' ? verdict.code : verdict.verdict)
  );
}

/** @returns how many updates were judged */
function play(seed: number): number {
  let judged = 0;
  const random = createRandom(seed);
  const server = new Y.Doc();
  const log: Uint8Array[] = [];
  server.on('update', (update: Uint8Array) => void log.push(update));
  const people = Array.from({ length: 2 + random.below(3) }, (_, n) => person(n + 1));
  const hear = (each: Person) => {
    for (const update of log.slice(each.heard)) Y.applyUpdate(each.doc, update, 'server');
    each.heard = log.length;
  };
  const send = (each: Person) => {
    if (each.unsent.length === 0) return;
    for (const bytes of bring(server, each, people, random)) {
      expect([seed, judge(server, bytes)]).toEqual([seed, 'fine']);
      Y.applyUpdate(server, bytes);
      judged += 1;
    }
    each.unsent = [];
  };
  for (let turn = 0; turn < 60; turn += 1) {
    const each = people[random.below(people.length)];
    const other = people[random.below(people.length)];
    if (each === undefined || other === undefined) break;
    if (random.chance(0.7)) edit(each, random);
    if (random.chance(0.15)) send(each);
    if (random.chance(0.15)) hear(each);
    // Two tabs, or two people in one room: one brings to the server what the other made.
    if (random.chance(0.1) && each !== other) {
      Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(each.doc));
    }
  }
  for (const each of people) send(each);
  for (const each of people) hear(each);
  // What Yjs cleans up by itself when it meets others' formatting.
  for (const each of people) send(each);
  for (const each of people) hear(each);
  const hash = contentHash(server);
  for (const { doc, undo } of people) {
    expect([seed, contentHash(doc)]).toEqual([seed, hash]);
    undo.destroy();
    doc.destroy();
  }
  return judged;
}

describe('honest work', () => {
  it(
    `[D11] is never refused: ${SESSIONS.toLocaleString('en')} sessions of people who write at once, undo, and bring what they made offline`,
    { timeout: 30 * 60_000 },
    () => {
      const judged = Array.from({ length: SESSIONS }, (_, session) => play(SEED + session));
      // They lean on each other's work, and most of it is new at the door.
      expect(judged.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(SESSIONS * 5);
    },
  );
});
