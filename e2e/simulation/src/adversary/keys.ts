import * as encoding from 'lib0/encoding';
import type { Attack, Attacker } from './attack.ts';
import { type Payload, encodeUpdate, payload } from './encode.ts';

const WELCOME = ['key-forbidden'];
const KEY = '__proto__';

/** Names that reach an object's prototype (fact 26). */
export const keys: Readonly<Record<string, Attack>> = {
  'a root with the name of the prototype': ({ fresh, mustFail }) => {
    const structs = [{ type: 'item', payload: payload.text('x'), parent: KEY } as const];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
  },
  'a key of the prototype': ({ fresh, mustFail }) => {
    const structs = [
      { type: 'item', payload: payload.text('x'), parent: 'evil map', key: KEY } as const,
    ];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
  },
  'a format of the prototype': (attacker) => put(attacker, payload.format(KEY, '{"polluted":1}')),
  'a value with a prototype': (attacker) =>
    put(
      attacker,
      payload.any((encoder) => {
        encoding.writeUint8(encoder, 118);
        encoding.writeVarUint(encoder, 1);
        encoding.writeVarString(encoder, KEY);
        encoding.writeAny(encoder, { polluted: 1 });
      }),
    ),
  'an embed with a prototype': (attacker) =>
    put(attacker, payload.embed(`{"a":[{"${KEY}":{"polluted":1}}]}`)),
  'a format value with a prototype': (attacker) =>
    put(attacker, payload.format('bold', `{"${KEY}":{"polluted":1}}`)),
  'old values with a prototype': (attacker) =>
    put(attacker, payload.json(['1', `{"a":{"${KEY}":{"polluted":1}}}`])),
};

function put({ fresh, mustFail }: Attacker, content: Payload): void {
  const structs = [{ type: 'item', payload: content, parent: 'evil' } as const];
  mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
}
