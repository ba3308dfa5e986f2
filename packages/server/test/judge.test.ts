import type { ErrorCode } from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Rules, judgeSize, judgeStructs } from '../src/door/judge.ts';
import { DEFAULT_LIMITS } from '../src/door/limits.ts';
import { decodeUpdate, examine } from '../src/door/update.ts';

const ANY: Rules = { limits: DEFAULT_LIMITS, roots: undefined };

/** What the door would say of an update, without applying it. */
function judged(doc: Y.Doc, bytes: Uint8Array, rules = ANY): ErrorCode | 'fine' {
  const update = decodeUpdate(bytes);
  if (update === undefined) return 'update-invalid';
  const finding = examine(doc, new Map(), update);
  if (finding.finding === 'refused') return finding.code;
  const verdict = judgeStructs(doc, new Map(), update, rules);
  return (
    judgeSize(update, rules.limits) ??
    // Nothing is queued here, so there is nothing to wait for.
    (verdict.verdict === 'refused' ? verdict.code : 'fine')
  );
}

/** A document that somebody typed "abc" into, under client id 1. */
function typed(): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getText('t').insert(0, 'abc');
  return doc;
}

function update(write: (doc: Y.Doc) => void, base = new Y.Doc()): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 7;
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  const before = Y.encodeStateVector(doc);
  write(doc);
  return Y.encodeStateAsUpdate(doc, before);
}

/** One struct by hand: update format v1. */
function struct(
  client: number,
  clock: number,
  body: (encoder: encoding.Encoder) => void,
): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const value of [1, 1, client, clock]) encoding.writeVarUint(encoder, value);
  body(encoder);
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
}

const insertBetween = (origin: readonly [number, number], right: readonly [number, number]) =>
  struct(9, 0, (encoder) => {
    encoding.writeUint8(encoder, 4 | 0x80 | 0x40);
    for (const value of [...origin, ...right]) encoding.writeVarUint(encoder, value);
    encoding.writeVarString(encoder, 'x');
  });

describe('judging', () => {
  it('[D11] refuses an insertion between neighbours that nobody saw side by side', () => {
    const doc = typed();
    expect(judged(doc, insertBetween([1, 0], [1, 1]))).toBe('fine');
    expect(judged(doc, insertBetween([1, 0], [1, 2]))).toBe('neighbours-forged');
    expect(judged(doc, insertBetween([1, 2], [1, 0]))).toBe('neighbours-forged');
  });

  it('[D3] [D4] refuses neighbours in two lists, also where one of them comes with the same update', () => {
    const doc = typed();
    doc.getText('u').insert(0, 'z');
    // Client 9: "x" behind the first character of one text, then "y" between that and the other text: found by fuzzing.
    const encoder = encoding.createEncoder();
    for (const value of [1, 2, 9, 0]) encoding.writeVarUint(encoder, value);
    encoding.writeUint8(encoder, 4 | 0x80 | 0x40);
    for (const value of [1, 0, 1, 1]) encoding.writeVarUint(encoder, value);
    encoding.writeVarString(encoder, 'x');
    encoding.writeUint8(encoder, 4 | 0x80 | 0x40);
    for (const value of [9, 0, 1, 3]) encoding.writeVarUint(encoder, value);
    encoding.writeVarString(encoder, 'y');
    encoding.writeVarUint(encoder, 0);
    expect(judged(doc, encoding.toUint8Array(encoder))).toBe('neighbours-forged');
  });

  it('[D3] takes no word of an update for what the document has: a known struct with other neighbours vouches for nothing', () => {
    const doc = new Y.Doc();
    doc.clientID = 9;
    doc.getText('t').insert(0, 'abcdef');
    doc.getText('t').insert(6, 'z');
    // "z" once more, now said to stand before the fourth character, and then "y" behind it there.
    const encoder = encoding.createEncoder();
    for (const value of [1, 2, 9, 6]) encoding.writeVarUint(encoder, value);
    for (const [origin, text] of [
      [5, 'z'],
      [6, 'y'],
    ] as const) {
      encoding.writeUint8(encoder, 4 | 0x80 | 0x40);
      for (const value of [9, origin, 9, 3]) encoding.writeVarUint(encoder, value);
      encoding.writeVarString(encoder, text);
    }
    encoding.writeVarUint(encoder, 0);
    expect(judged(doc, encoding.toUint8Array(encoder))).toBe('neighbours-forged');
  });

  it('refuses a struct that moves a clock further than a change can', () => {
    const collected = struct(9, 0, (encoder) => {
      encoding.writeUint8(encoder, 0);
      encoding.writeVarUint(encoder, Number.MAX_SAFE_INTEGER);
    });
    expect(judged(typed(), collected)).toBe('clock-jump');
  });

  it('refuses deep nesting, in types and in values', () => {
    const deepTypes = update((doc) => {
      let map = doc.getMap('m');
      for (let depth = 0; depth < 2_000; depth += 1) {
        const inner = new Y.Map<unknown>();
        map.set('k', inner);
        map = inner;
      }
    });
    expect(judged(new Y.Doc(), deepTypes)).toBe('nesting-too-deep');
    let value: unknown = 1;
    for (let depth = 0; depth < 200; depth += 1) value = [value];
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap('m').set('k', value)),
      ),
    ).toBe('nesting-too-deep');
    const list = update((doc) => {
      let array = doc.getArray<unknown>('a');
      for (let depth = 0; depth < 50; depth += 1) {
        const inner = new Y.Array<unknown>();
        array.insert(0, [inner]);
        array = inner;
      }
    });
    expect(judged(new Y.Doc(), list)).toBe('fine');
  });

  it('refuses a key that reaches the prototype of whatever object a reader makes', () => {
    const key = '__proto__';
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap('m').set(key, 1)),
      ),
    ).toBe('key-forbidden');
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap(key).set('k', 1)),
      ),
    ).toBe('key-forbidden');
    expect(
      judged(
        new Y.Doc(),
        update((doc) => {
          doc.getText('t').insert(0, 'x');
          doc.getText('t').format(0, 1, { [key]: 1 });
        }),
      ),
    ).toBe('key-forbidden');
    const value: unknown = JSON.parse('{"deep":[{"__proto__":{"polluted":true}}]}');
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getArray('a').push([value])),
      ),
    ).toBe('key-forbidden');
    // An honest word all the same.
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap('m').set('constructor', 1)),
      ),
    ).toBe('fine');
  });

  it('refuses top-level types that a kind of document does not have', () => {
    const rules = { limits: DEFAULT_LIMITS, roots: new Set(['entries']) };
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap('entries').set('k', 1)),
        rules,
      ),
    ).toBe('fine');
    expect(
      judged(
        new Y.Doc(),
        update((doc) => doc.getMap('other').set('k', 1)),
        rules,
      ),
    ).toBe('type-forbidden');
  });

  it('refuses floods: of client ids, of delete ranges, of structs', () => {
    const flood = encoding.createEncoder();
    encoding.writeVarUint(flood, 5_000);
    for (let client = 10_000; client < 15_000; client += 1) {
      for (const value of [1, client, 0]) encoding.writeVarUint(flood, value);
      encoding.writeUint8(flood, 0);
      encoding.writeVarUint(flood, 1);
    }
    encoding.writeVarUint(flood, 0);
    expect(judged(new Y.Doc(), encoding.toUint8Array(flood))).toBe('update-too-large');
    const doc = typed();
    const limits = { ...DEFAULT_LIMITS, structs: 2, deleteRanges: 1 };
    const rules = { limits, roots: undefined };
    const three = update((copy) => {
      for (const at of [0, 2, 4]) copy.getText('t').insert(at, 'x');
    }, doc);
    expect(judged(doc, three, rules)).toBe('update-too-large');
    const two = update((copy) => {
      copy.getText('t').delete(0, 1);
      copy.getText('t').delete(1, 1);
    }, doc);
    expect(judged(doc, two, rules)).toBe('update-too-large');
  });

  it('refuses structs that wait for each other or for themselves', () => {
    const own = struct(9, 0, (encoder) => {
      encoding.writeUint8(encoder, 4 | 0x80);
      for (const value of [9, 0]) encoding.writeVarUint(encoder, value);
      encoding.writeVarString(encoder, 'x');
    });
    expect(judged(typed(), own)).toBe('update-gap');
    const circle = encoding.createEncoder();
    encoding.writeVarUint(circle, 2);
    for (const [client, other] of [
      [9, 8],
      [8, 9],
    ] as const) {
      for (const value of [1, client, 0]) encoding.writeVarUint(circle, value);
      encoding.writeUint8(circle, 4 | 0x80);
      for (const value of [other, 0]) encoding.writeVarUint(circle, value);
      encoding.writeVarString(circle, 'x');
    }
    encoding.writeVarUint(circle, 0);
    expect(judged(typed(), encoding.toUint8Array(circle))).toBe('update-gap');
  });

  it('lets every honest change through: texts, maps, arrays, elements, formats, undo, in any interleaving', () => {
    const edit = fc.record({
      peer: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom(
        'insert',
        'insert',
        'delete',
        'format',
        'set',
        'push',
        'element',
        'undo',
        'redo',
        'read',
        'whole',
      ),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 60 }), (edits) => {
        const server = new Y.Doc();
        const peers = [1, 2, 3].map((client) => {
          const doc = new Y.Doc();
          doc.clientID = client;
          const text = doc.getText('t');
          const content = doc.getXmlFragment('content');
          const undo = new Y.UndoManager([text, content], { captureTimeout: 0 });
          const outbox: Uint8Array[] = [];
          doc.on('update', (bytes: Uint8Array, origin: unknown) => {
            if (origin !== 'server') outbox.push(bytes);
          });
          return { doc, text, content, undo, outbox };
        });
        const deliver = (bytes: Uint8Array) => {
          expect(judged(server, bytes)).toBe('fine');
          Y.applyUpdate(server, bytes);
          expect(server.store.pendingStructs).toBeNull();
        };
        for (const { peer, kind, at, length } of edits) {
          const side = peers[peer];
          if (side === undefined) continue;
          const { doc, text, content, undo } = side;
          const place = at % (text.length + 1);
          const range = Math.min(length, text.length - place);
          if (kind === 'insert') text.insert(place, 'abcd'.slice(0, length));
          else if (kind === 'delete' && range > 0) text.delete(place, range);
          else if (kind === 'format' && range > 0)
            text.format(place, range, { bold: at % 2 === 0 ? true : null });
          else if (kind === 'set') doc.getMap('m').set(`k${at % 3}`, { at });
          else if (kind === 'push')
            doc.getArray('a').insert(at % (doc.getArray('a').length + 1), [at]);
          else if (kind === 'element') {
            const index = at % (content.length + 1);
            if (at % 3 === 0 && content.length > index) content.delete(index, 1);
            else {
              const made = new Y.XmlElement('paragraph');
              made.insert(0, [new Y.XmlText('text')]);
              content.insert(index, [made]);
            }
          } else if (kind === 'undo') undo.undo();
          else if (kind === 'redo') undo.redo();
          else if (kind === 'whole') {
            // What a returning client may send: all it has, in structs as it has merged them since.
            side.outbox.length = 0;
            deliver(Y.encodeStateAsUpdate(doc));
          } else if (kind === 'read') {
            for (const bytes of side.outbox.splice(0)) deliver(bytes);
            Y.applyUpdate(doc, Y.encodeStateAsUpdate(server), 'server');
          }
        }
        for (const side of peers) for (const bytes of side.outbox.splice(0)) deliver(bytes);
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});

describe('regressions', () => {
  it('[D3] refuses a delete range of no length, which would throw after the rest was applied', () => {
    const doc = typed();
    const bytes = new Uint8Array([0, 1, 1, 1, 3, 0]);
    expect(judged(doc, bytes)).toBe('update-invalid');
    const copy = new Y.Doc();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
    expect(() => Y.applyUpdate(copy, bytes)).toThrow();
  });

  it('[D3] refuses two groups of structs for one client id, of which Yjs would apply only the last', () => {
    const doc = typed();
    const group = (client: number, clock: number) => [1, client, clock, 4 | 0x80, 1, 2, 1, 0x78];
    expect(judged(doc, new Uint8Array([2, ...group(9, 0), ...group(9, 1), 0]))).toBe(
      'update-invalid',
    );
    expect(
      judged(doc, new Uint8Array([3, ...group(9, 0), ...group(8, 0), ...group(9, 1), 0])),
    ).toBe('update-invalid');
    expect(judged(doc, new Uint8Array([2, ...group(9, 0), ...group(8, 0), 0]))).toBe('fine');
  });

  it("[D4] refuses a struct whose known part is a map's value and whose rest is text, deleted or not", () => {
    const doc = typed();
    doc.getMap('m').set('k', 1);
    // "abc" is 1:0–2, the value 1:3; what follows claims to be one struct from 1:2 on, in the text.
    const rest = (content: readonly number[]) =>
      new Uint8Array([1, 1, 1, 2, content[0] ?? 0, 1, 1, ...content.slice(1), 0]);
    const text = rest([4 | 0x80, 3, 0x78, 0x79, 0x7a]);
    const deleted = rest([1 | 0x80, 3]);
    expect(judged(doc, text)).toBe('neighbours-forged');
    expect(judged(doc, deleted)).toBe('neighbours-forged');
  });

  it('[D4] refuses a half-known struct whose right neighbour lies left of its known part', () => {
    const doc = typed();
    doc.getText('t').insert(3, 'def');
    // "abcdef" is 1:0–5; one struct from 1:4 on, with one letter more, between 1:1 and 1:2.
    const bytes = new Uint8Array([1, 1, 1, 4, 4 | 0x80 | 0x40, 1, 1, 1, 2, 3, 0x65, 0x66, 0x67, 0]);
    expect(judged(doc, bytes)).toBe('neighbours-forged');
  });

  it('[D4] lets former values of a key through as one struct, as an undo keeps them, where they come deleted', () => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    const map = doc.getMap('m');
    const undo = new Y.UndoManager(map, { captureTimeout: 0 });
    for (const value of [1, 2, 3, 4]) map.set('k', value);
    const whole = Y.encodeStateAsUpdate(doc);
    expect(Y.decodeUpdate(whole).structs.map(({ length }) => length)).toEqual([3, 1]);
    expect(judged(new Y.Doc(), whole)).toBe('fine');
    // A door that has the first of them, as it was set.
    const first = new Y.Doc();
    Y.applyUpdate(
      first,
      update((each) => each.getMap('m').set('k', 1)),
    );
    expect(judged(first, whole)).toBe('fine');
    // Not deleted, they are several values under one key.
    const values = Y.decodeUpdate(whole).structs.slice(0, 1);
    const encoder = new Y.UpdateEncoderV1();
    for (const value of [1, 1, 7, 0]) encoding.writeVarUint(encoder.restEncoder, value);
    for (const value of values) if (value instanceof Y.Item) value.write(encoder, 0);
    encoding.writeVarUint(encoder.restEncoder, 0);
    expect(judged(new Y.Doc(), encoder.toUint8Array())).toBe('neighbours-forged');
    undo.destroy();
  });

  it('[D11] lets an undo through that brings something back beside what its author put there since', () => {
    const door = new Y.Doc();
    const doc = new Y.Doc();
    doc.clientID = 7;
    const verdicts: string[] = [];
    doc.on('update', (bytes: Uint8Array) => {
      verdicts.push(judged(door, bytes));
      Y.applyUpdate(door, bytes);
    });
    const content = doc.getXmlFragment('content');
    const undo = new Y.UndoManager(content, { captureTimeout: 0 });
    const list = new Y.XmlElement('list');
    content.insert(0, [list]);
    list.insert(
      0,
      ['a', 'b', 'c'].map((name) => new Y.XmlElement(name)),
    );
    list.delete(1, 1);
    content.delete(0, 1);
    undo.undo();
    const back = content.get(0);
    if (!(back instanceof Y.XmlElement)) throw new TypeError('The list is not back.');
    back.insert(1, [new Y.XmlElement('x')]);
    undo.undo();
    // Between the second a and the second c, where the deleted x stands.
    undo.undo();
    expect(back.toString()).toBe('<list><a></a><b></b><c></c></list>');
    expect(verdicts).toEqual(verdicts.map(() => 'fine'));
    undo.destroy();
  });

  it('[D11] refuses right neighbours among the values of a key', () => {
    const doc = new Y.Doc();
    doc.clientID = 1;
    doc.getMap('m').set('k', 1);
    doc.getMap('m').set('k', 2);
    // Client 9: in front of the first value.
    expect(judged(doc, Uint8Array.of(1, 1, 9, 0, 8 | 0x40, 1, 0, 1, 0x7d, 0, 0))).toBe(
      'neighbours-forged',
    );
  });

  it('[D11] refuses an insertion between what is shown and what was collected: some would see it, and some not', () => {
    const doc = typed();
    const gone = new Y.XmlElement('gone');
    doc.getXmlFragment('content').insert(0, [gone]);
    gone.insert(0, [new Y.XmlText('x'), new Y.XmlText('y')]);
    doc.getXmlFragment('content').delete(0, 1);
    const [collected] = doc.store.clients.get(1)?.filter((each) => each instanceof Y.GC) ?? [];
    if (collected === undefined) throw new Error('Nothing was collected.');
    const { clock } = collected.id;
    expect(judged(doc, insertBetween([1, 0], [1, clock]))).toBe('neighbours-forged');
    expect(judged(doc, insertBetween([1, clock], [1, 0]))).toBe('neighbours-forged');
    // Whoever had not heard of the deletion wrote between two that are both gone.
    expect(judged(doc, insertBetween([1, clock], [1, clock + 1]))).toBe('fine');
  });

  it('[D11] lets through an insertion beside what somebody went on typing in between, all in one update', () => {
    const person = (client: number, ...heard: readonly Uint8Array[]) => {
      const doc = new Y.Doc();
      doc.clientID = client;
      for (const each of heard) Y.applyUpdate(doc, each);
      return doc;
    };
    const insert = (doc: Y.Doc, at: number, text: string) => {
      const before = Y.encodeStateVector(doc);
      doc.getText('t').insert(at, text);
      return Y.encodeStateAsUpdate(doc, before);
    };
    const typist = person(5);
    const ab = insert(typist, 0, 'ab');
    const c = insert(typist, 2, 'c');
    const d = insert(typist, 3, 'd');
    const right = insert(person(7, ab), 2, 'R');
    const left = insert(person(3, ab, c), 3, 'L');
    const reader = person(9, ab, c, left, right);
    expect(reader.getText('t').toJSON()).toBe('abcLR');
    const between = insert(reader, 4, 'x');
    // One struct holds all that the typist wrote; a part of it is between the two, and was not seen.
    expect(person(1, ab, c, d, right, left, between).getText('t').toJSON()).toBe('abcLxdR');
    const all = Y.mergeUpdates([Y.encodeStateAsUpdate(typist), right, left, between]);
    expect(Y.decodeUpdate(all).structs.map(({ length }) => length)).toEqual([1, 1, 4, 1]);
    expect(judged(new Y.Doc(), all)).toBe('fine');
  });
});
