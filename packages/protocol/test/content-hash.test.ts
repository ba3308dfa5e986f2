import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { contentHash } from '../src/index.ts';
import { seeded } from './seeded.ts';

/** One thing that a person does to a document. Positions are taken modulo what is there. */
type Edit =
  | { readonly do: 'insert'; readonly at: number; readonly text: string }
  | { readonly do: 'delete'; readonly at: number; readonly length: number }
  | { readonly do: 'format'; readonly at: number; readonly length: number; readonly bold: boolean }
  | { readonly do: 'embed'; readonly at: number; readonly value: number }
  | { readonly do: 'set'; readonly key: string; readonly value: unknown }
  | { readonly do: 'unset'; readonly key: string }
  | { readonly do: 'push'; readonly values: readonly unknown[] }
  | { readonly do: 'nest'; readonly key: string; readonly text: string };

const position = fc.nat({ max: 50 });
const key = fc.constantFrom('a', 'b', 'c');
const value = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ maxLength: 4, unit: 'grapheme' }),
  fc.record(
    { x: fc.nat(), y: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })) },
    { noNullPrototype: true },
  ),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    do: fc.constant('insert' as const),
    at: position,
    text: fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
  }),
  fc.record({ do: fc.constant('delete' as const), at: position, length: fc.nat({ max: 5 }) }),
  fc.record({
    do: fc.constant('format' as const),
    at: position,
    length: fc.nat({ max: 6 }),
    bold: fc.boolean(),
  }),
  fc.record({ do: fc.constant('embed' as const), at: position, value: fc.nat() }),
  fc.record({ do: fc.constant('set' as const), key, value }),
  fc.record({ do: fc.constant('unset' as const), key }),
  fc.record({ do: fc.constant('push' as const), values: fc.array(value, { maxLength: 3 }) }),
  fc.record({ do: fc.constant('nest' as const), key, text: fc.string({ maxLength: 3 }) }),
);

function apply(doc: Y.Doc, change: Edit): void {
  const text = doc.getText('text');
  const at = 'at' in change ? change.at % (text.length + 1) : 0;
  const length = 'length' in change ? Math.min(change.length, text.length - at) : 0;
  switch (change.do) {
    case 'insert':
      text.insert(at, change.text);
      break;
    case 'delete':
      text.delete(at, length);
      break;
    case 'format':
      text.format(at, length, { bold: change.bold ? true : null });
      break;
    case 'embed':
      text.insertEmbed(at, { image: change.value });
      break;
    case 'set':
      doc.getMap('map').set(change.key, change.value);
      break;
    case 'unset':
      doc.getMap('map').delete(change.key);
      break;
    case 'push':
      doc.getArray('array').push([...change.values]);
      break;
    case 'nest':
      doc.getMap('map').set(change.key, new Y.Text(change.text));
      break;
    default: {
      const unreachable: never = change;
      return unreachable;
    }
  }
}

/** Edits of three people, who hear of each other now and then; all their updates in the order they were made. */
const session = fc.array(fc.record({ who: fc.nat({ max: 2 }), edit, hears: fc.boolean() }), {
  minLength: 1,
  maxLength: 40,
  size: 'max',
});

function play(steps: readonly { who: number; edit: Edit; hears: boolean }[]): Uint8Array[] {
  const updates: Uint8Array[] = [];
  const docs = [1, 2, 3].map((client) => {
    const doc = new Y.Doc();
    doc.clientID = client;
    doc.on('update', (update, origin) => {
      if (origin !== 'heard') updates.push(update);
    });
    return doc;
  });
  for (const { who, edit: change, hears } of steps) {
    const doc = docs[who];
    if (doc === undefined) continue;
    if (hears) doc.transact(() => updates.forEach((update) => Y.applyUpdate(doc, update)), 'heard');
    apply(doc, change);
  }
  return updates;
}

/** A replica that writes nothing by itself, as the engine and readers are. */
function replica(updates: readonly Uint8Array[], types = true): Y.Doc {
  const doc = new Y.Doc();
  doc.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false;
  });
  if (types) typed(doc);
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

function typed(doc: Y.Doc): Y.Doc {
  doc.getText('text');
  doc.getMap('map');
  doc.getArray('array');
  return doc;
}

/** What a reader of the document can see. */
function visible(doc: Y.Doc): string {
  typed(doc);
  const delta: unknown = doc.getText('text').toDelta();
  const map = [...doc.getMap('map')].map(([name, held]) => [
    name,
    held instanceof Y.Text ? { text: held.toJSON() } : { held },
  ]);
  const array: unknown = doc.getArray('array').toJSON();
  return JSON.stringify(
    [delta, map.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)), array],
    (_, held: unknown) => (Object.is(held, -0) ? '-0' : held),
  );
}

describe('content hash', () => {
  it('[D1] [D5] is the same for every order and repetition of the updates', () => {
    fc.assert(
      fc.property(session, fc.nat(), (steps, shuffle) => {
        const updates = play(steps);
        const expected = contentHash(replica(updates));
        const turn = updates.length === 0 ? 0 : shuffle % updates.length;
        const rotated = [...updates.slice(turn), ...updates.slice(0, turn)];
        for (const order of [updates.toReversed(), rotated, [...updates, ...rotated]]) {
          const other = replica(order);
          expect(other.store.pendingStructs).toBeNull();
          expect(contentHash(other)).toBe(expected);
        }
      }),
      seeded,
    );
  });

  it('[D1] does not depend on how updates were merged, encoded, or applied together', () => {
    fc.assert(
      fc.property(session, (steps) => {
        const updates = play(steps);
        const doc = replica(updates);
        const expected = contentHash(doc);
        const merged = updates.length === 0 ? [] : [Y.mergeUpdates(updates)];
        expect(contentHash(replica(merged))).toBe(expected);
        expect(contentHash(replica([Y.encodeStateAsUpdate(doc)]))).toBe(expected);
        const together = new Y.Doc();
        together.transact(() => updates.forEach((update) => Y.applyUpdate(together, update)));
        expect(visible(together)).toBe(visible(doc));
        expect(contentHash(together)).toBe(expected);
      }),
      seeded,
    );
  });

  it('[D1] does not depend on whether, when or how root types were asked for', () => {
    fc.assert(
      fc.property(session, (steps) => {
        const updates = play(steps);
        const untyped = replica(updates, false);
        const expected = contentHash(replica(updates));
        expect(contentHash(untyped)).toBe(expected);
        expect(contentHash(typed(untyped))).toBe(expected);
        // A root that was asked for and never written to is no content.
        untyped.getXmlFragment('never written');
        expect(contentHash(untyped)).toBe(expected);
      }),
      seeded,
    );
  });

  it('[D1] differs when what can be seen differs, and only then', () => {
    fc.assert(
      fc.property(session, edit, (steps, more) => {
        const updates = play(steps);
        const [before, after] = [replica(updates), replica(updates)];
        apply(after, more);
        const same = visible(before) === visible(after);
        expect(contentHash(before) === contentHash(after)).toBe(same);
      }),
      seeded,
    );
  });

  it('[D1] sees a delete that state vectors do not', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    a.getText('text').insert(0, 'abc');
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    a.getText('text').delete(1, 1);
    expect(Y.encodeStateVector(a)).toEqual(Y.encodeStateVector(b));
    expect(contentHash(a)).not.toBe(contentHash(b));
  });

  it('[D1] does not depend on redundant formatting marks', () => {
    const [plain, marked] = [new Y.Doc(), new Y.Doc()];
    plain.getText('text').insert(0, 'abc');
    const text = marked.getText('text');
    text.insert(0, 'abc');
    text.format(0, 2, { bold: true });
    text.format(0, 3, { bold: null });
    expect(contentHash(marked)).toBe(contentHash(plain));
  });

  it('[D1] does not depend on how values of a list lie in structs', () => {
    const [at, apart] = [new Y.Doc(), new Y.Doc()];
    at.getArray('array').insert(0, [1, 2, 3]);
    const array = apart.getArray('array');
    array.insert(0, [3]);
    array.insert(0, [2]);
    array.insert(0, [1]);
    expect(contentHash(at)).toBe(contentHash(apart));
  });

  it.each<[string, unknown, unknown]>([
    ['null and undefined', null, undefined],
    ['null and NaN', null, Number.NaN],
    ['NaN and infinity', Number.NaN, Number.POSITIVE_INFINITY],
    ['zero and minus zero', 0, -0],
    ['a number and its text', 1, '1'],
    ['a big integer and its text', 1n, '1n'],
    ['bytes and their text', Uint8Array.of(1), 'bytes:01'],
    ['a list and its text', ['a'], '["a"]'],
    ['an absent and an undefined field', {}, { a: undefined }],
  ])('[D1] tells %s apart', (_, a, b) => {
    const hashOf = (held: unknown, nested: boolean) => {
      const doc = new Y.Doc();
      doc.getMap('map').set('key', nested ? { held } : held);
      const other = new Y.Doc();
      Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
      expect(contentHash(other)).toBe(contentHash(doc));
      return contentHash(doc);
    };
    expect(hashOf(a, false)).not.toBe(hashOf(b, false));
    expect(hashOf(a, true)).not.toBe(hashOf(b, true));
  });

  it('[D1] is the same for the author of what the wire rewrites', () => {
    const doc = new Y.Doc();
    const text = doc.getText('text');
    text.insert(0, 'a\ud800b', { link: { href: 'x', title: undefined, size: Number.NaN } });
    text.insertEmbed(0, { width: Number.NaN, height: undefined });
    doc.getMap('map').set('half', '\ud800');
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(contentHash(other)).toBe(contentHash(doc));
  });

  it('[D1] tells kinds of nested types, names of elements and roots apart', () => {
    const hashes = [
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.Map()),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.Array()),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.Text()),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.XmlText()),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.XmlFragment()),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.XmlElement('p')),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.XmlElement('q')),
      (doc: Y.Doc) => doc.getMap('other').set('k', new Y.XmlElement('q')),
      (doc: Y.Doc) => doc.getMap('root').set('l', new Y.XmlElement('q')),
      (doc: Y.Doc) => doc.getArray('root').push([new Y.XmlElement('q')]),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.Doc({ guid: 'one' })),
      (doc: Y.Doc) => doc.getMap('root').set('k', new Y.Doc({ guid: 'two' })),
    ].map((write) => {
      const doc = new Y.Doc();
      write(doc);
      return contentHash(doc);
    });
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
