import * as encoding from 'lib0/encoding';
import { SIM_LIMITS } from '../rules.ts';
import type { Attack, Attacker } from './attack.ts';
import { type Struct, encodeUpdate, payload, textItem } from './encode.ts';

const TOO_LARGE = ['update-too-large'];

const crowd = (attacker: Attacker) =>
  Array.from({ length: SIM_LIMITS.clients + 1 }, () => attacker.fresh());

/** More than one update, or one document, may hold. */
export const sizes: Readonly<Record<string, Attack>> = {
  'a flood of structs': ({ fresh, mustFail }) => {
    const structs = Array.from({ length: SIM_LIMITS.structs + 1 }, () => textItem('s'));
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), TOO_LARGE);
  },
  'a crowd of client ids': (attacker) => {
    const clients = crowd(attacker).map((client) => ({
      client,
      clock: 0,
      structs: [textItem('c')],
    }));
    attacker.mustFail(encodeUpdate(clients), TOO_LARGE);
  },
  'deletes of a crowd': (attacker) => {
    const deletes = crowd(attacker).map((client) => ({ client, clock: 0, length: 1 }));
    attacker.mustFail(encodeUpdate([], deletes), TOO_LARGE);
  },
  'a flood of delete ranges': ({ fresh, mustFail }) => {
    const client = fresh();
    const length = SIM_LIMITS.deleteRanges * 2 + 2;
    const deletes = Array.from({ length: SIM_LIMITS.deleteRanges + 1 }, (_, index) => ({
      client,
      clock: index * 2,
      length: 1,
    }));
    mustFail(
      encodeUpdate([{ client, clock: 0, structs: [textItem('d'.repeat(length))] }], deletes),
      TOO_LARGE,
    );
  },
  'a jump of a clock': ({ fresh, random, mustFail }) => {
    const length = random.pick([SIM_LIMITS.clockAdvance + 1, 2 ** 30, 2 ** 52]);
    const struct: Struct = random.chance(0.5)
      ? { type: 'gc', length }
      : { type: 'item', payload: payload.deleted(length), parent: 'evil' };
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs: [struct] }]), ['clock-jump']);
  },
  'a jump in small steps': ({ fresh, mustFail }) => {
    const structs = Array.from({ length: 3 }, () => ({ type: 'gc', length: 9_000 }) as const);
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), ['clock-jump']);
  },
  'a long key': ({ fresh, random, mustFail }) => {
    const long = 'k'.repeat(SIM_LIMITS.keyLength + 1);
    const place = random.chance(0.5) ? { parent: 'evil map', key: long } : { parent: long };
    const structs = [{ type: 'item', payload: payload.text('x'), ...place } as const];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), TOO_LARGE);
  },
  'a document that is too large': ({ fresh, mustFail }) => {
    const bytes = payload.binary(SIM_LIMITS.documentBytes + 1);
    const structs = [{ type: 'item', payload: bytes, parent: 'evil' } as const];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), ['document-too-large']);
  },
  'types in types': ({ fresh, mustFail }) => {
    const client = fresh();
    const structs = chainOf(client, 0, SIM_LIMITS.nesting + 1);
    mustFail(encodeUpdate([{ client, clock: 0, structs }]), ['nesting-too-deep']);
  },
  'types in stored types': ({ fresh, write, later, mustFail }) => {
    const client = fresh();
    const half = SIM_LIMITS.nesting - 2;
    write(encodeUpdate([{ client, clock: 0, structs: chainOf(client, 0, half) }]));
    later(() => {
      const structs = chainOf(client, half, half);
      mustFail(encodeUpdate([{ client, clock: half, structs }]), [
        'nesting-too-deep',
        'update-gap',
      ]);
    });
  },
  'values in values': ({ fresh, random, mustFail }) => {
    const depth = 70;
    const value = random.chance(0.5)
      ? payload.any((encoder) => {
          for (let level = 0; level < depth; level += 1) {
            encoding.writeUint8(encoder, 117);
            encoding.writeVarUint(encoder, 1);
          }
          encoding.writeAny(encoder, 1);
        })
      : payload.embed(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    const structs = [{ type: 'item', payload: value, parent: 'evil list' } as const];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), ['nesting-too-deep']);
  },
};

/** Maps in maps, from a clock of a client on. */
function chainOf(client: number, clock: number, depth: number): readonly Struct[] {
  return Array.from({ length: depth }, (_, index) => {
    const parent = clock + index === 0 ? 'evil map' : { client, clock: clock + index - 1 };
    return { type: 'item', payload: payload.map(), parent, key: `deep ${client}` } as const;
  });
}
