import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { Random } from './random.ts';

type Struct = Y.Item | Y.GC | Y.Skip;

/** An update taken apart into the fields that its bytes hold. */
interface Fields {
  readonly groups: { client: number; clock: number; structs: Struct[] }[];
  readonly deletes: { client: number; ranges: { clock: number; len: number }[] }[];
}

const HUGE: readonly [number, ...number[]] = [
  2 ** 31 - 1,
  2 ** 32,
  2 ** 40,
  Number.MAX_SAFE_INTEGER,
];

/**
 * A real update with some of its fields changed: ids, clocks, neighbours, parents, keys, contents, lengths, delete
 * ranges. Changes of bytes alone rarely get past a decoder; these do.
 */
export function mutate(update: Uint8Array, known: readonly Y.ID[], random: Random): Uint8Array {
  const fields = takeApart(update);
  const times = 1 + random.below(3);
  for (let count = 0; count < times; count += 1) mutateOnce(fields, known, random);
  const bytes = putTogether(fields);
  if (random.chance(0.1)) return bytes.subarray(0, random.below(bytes.length + 1));
  if (random.chance(0.1) && bytes.length > 0) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return bytes;
}

function takeApart(update: Uint8Array): Fields {
  const { structs, ds } = Y.decodeUpdate(update);
  const groups: Fields['groups'] = [];
  for (const struct of structs) {
    const last = groups.at(-1);
    if (last?.client === struct.id.client) last.structs.push(struct);
    else groups.push({ client: struct.id.client, clock: struct.id.clock, structs: [struct] });
  }
  const deletes = [...ds.clients].map(([client, ranges]) => ({
    client,
    ranges: ranges.map(({ clock, len }) => ({ clock, len })),
  }));
  return { groups, deletes };
}

function putTogether({ groups, deletes }: Fields): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  encoding.writeVarUint(encoder.restEncoder, groups.length);
  for (const { client, clock, structs } of groups) {
    encoding.writeVarUint(encoder.restEncoder, structs.length);
    encoder.writeClient(client);
    encoding.writeVarUint(encoder.restEncoder, clock);
    for (const struct of structs) {
      // An item without neighbours must name its parent: the encoder knows no other form.
      if (struct instanceof Y.Item && struct.origin === null && struct.rightOrigin === null) {
        struct.parent ??= Y.createID(client, 0);
      }
      struct.write(encoder, 0);
    }
  }
  encoding.writeVarUint(encoder.restEncoder, deletes.length);
  for (const { client, ranges } of deletes) {
    encoding.writeVarUint(encoder.restEncoder, client);
    encoding.writeVarUint(encoder.restEncoder, ranges.length);
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(encoder.restEncoder, clock);
      encoding.writeVarUint(encoder.restEncoder, len);
    }
  }
  return encoder.toUint8Array();
}

function mutateOnce(fields: Fields, known: readonly Y.ID[], random: Random): void {
  const group = fields.groups[random.below(Math.max(1, fields.groups.length))];
  const struct = group?.structs[random.below(Math.max(1, group.structs.length))];
  const anyId = (): Y.ID => {
    const id = known[random.below(Math.max(1, known.length))] ?? Y.createID(1, 0);
    if (random.chance(0.1)) return Y.createID(id.client, random.pick(HUGE));
    return Y.createID(id.client, Math.max(0, id.clock + random.below(5) - 2));
  };
  switch (random.below(11)) {
    case 0:
      if (group !== undefined)
        group.client = random.chance(0.3) ? random.pick(HUGE) : anyId().client;
      break;
    case 1:
      if (group !== undefined) {
        group.clock = random.chance(0.3)
          ? random.pick(HUGE)
          : Math.max(0, group.clock + random.below(5) - 2);
      }
      break;
    case 2:
      if (struct instanceof Y.Item) struct.origin = random.chance(0.2) ? null : anyId();
      break;
    case 3:
      if (struct instanceof Y.Item) struct.rightOrigin = random.chance(0.2) ? null : anyId();
      break;
    case 4:
      if (struct instanceof Y.Item) {
        const parents: readonly [unknown, ...unknown[]] = [
          't',
          'content',
          '__proto__',
          '',
          'x'.repeat(2_000),
          anyId(),
        ];
        Reflect.set(struct, 'parent', random.pick(parents));
        struct.origin = null;
        struct.rightOrigin = null;
      }
      break;
    case 5:
      if (struct instanceof Y.Item) {
        struct.parentSub = random.pick([null, '__proto__', 'k1', '', 'x'.repeat(2_000)]);
      }
      break;
    case 6:
      if (struct instanceof Y.Item) struct.content = anyContent(random);
      break;
    case 7:
      if (group !== undefined) {
        const at = random.below(group.structs.length + 1);
        const length = random.chance(0.3) ? random.pick(HUGE) : 1 + random.below(5);
        const id = Y.createID(group.client, group.clock);
        group.structs.splice(
          at,
          0,
          random.chance(0.5) ? new Y.GC(id, length) : new Y.Skip(id, length),
        );
      }
      break;
    case 8:
      group?.structs.splice(random.below(group.structs.length), 1);
      break;
    case 9: {
      const id = anyId();
      const len = random.chance(0.3) ? random.pick(HUGE) : 1 + random.below(10);
      fields.deletes.push({ client: id.client, ranges: [{ clock: id.clock, len }] });
      break;
    }
    default: {
      const range = fields.deletes[0]?.ranges[0];
      if (range !== undefined) range.len = random.chance(0.5) ? 0 : random.pick(HUGE);
      if (group !== undefined && struct !== undefined) group.structs.push(struct);
    }
  }
}

function anyContent(random: Random): Y.Item['content'] {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100; depth += 1) deep = [deep];
  switch (random.below(9)) {
    case 0:
      return new Y.ContentDeleted(random.pick(HUGE));
    case 1:
      return new Y.ContentAny([JSON.parse('{"__proto__":{"x":1}}')]);
    case 2:
      return new Y.ContentAny([deep]);
    case 3:
      return new Y.ContentFormat(
        random.pick(['__proto__', 'bold']),
        random.pick<object>([{ deep: 1 }, [true]]),
      );
    case 4:
      switch (random.below(4)) {
        case 0:
          return new Y.ContentType(new Y.Map<unknown>());
        case 1:
          return new Y.ContentType(new Y.Array<unknown>());
        case 2:
          return new Y.ContentType(new Y.XmlElement('p'));
        default:
          return new Y.ContentType(new Y.Text());
      }
    case 5:
      return new Y.ContentEmbed({ image: 'x' });
    case 6:
      return new Y.ContentBinary(new Uint8Array([1, 2, 3]));
    case 7:
      return new Y.ContentDoc(new Y.Doc({ guid: '__proto__' }));
    default:
      return new Y.ContentString('mutated');
  }
}
