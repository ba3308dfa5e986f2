import { DIRECTORY, READ_ONLY } from '../rules.ts';
import { type Attack, FORBIDDEN } from './attack.ts';
import { encodeUpdate, payload, textItem } from './encode.ts';

/** Writing where one may not (D9), and what one may not. */
export const rights: Readonly<Record<string, Attack>> = {
  'a document that it may only read': ({ fresh, mustFail }) => {
    const structs = [textItem('mine')];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), ['read-only'], READ_ONLY);
  },
  'deletes in a document that it may only read': ({ victims, random, mustFail }) => {
    if (victims.length === 0) return;
    const { client } = random.pick(victims);
    const deletes = [{ client, clock: 4_000, length: 1 }];
    mustFail(encodeUpdate([], deletes), ['read-only'], READ_ONLY);
  },
  'a segment': ({ fresh, mustFail }) => {
    const key = { parent: 'messages', key: '1' };
    const structs = [{ type: 'item', payload: payload.text(FORBIDDEN), ...key } as const];
    const update = encodeUpdate([{ client: fresh(), clock: 0, structs }]);
    mustFail(update, ['read-only'], 'conversation/talk/0');
  },
  'a strange root in the directory': ({ fresh, mustFail }) => {
    const structs = [textItem('mine', { parent: 'strange' })];
    const update = encodeUpdate([{ client: fresh(), clock: 0, structs }]);
    mustFail(update, ['type-forbidden'], DIRECTORY);
  },
  'a document that is not open': ({ fresh, mustFail }) => {
    const update = encodeUpdate([{ client: fresh(), clock: 0, structs: [textItem('mine')] }]);
    mustFail(update, ['forbidden'], 'document/secret');
  },
  'a conversation that it may only read': ({ command, random }) => {
    command('b', ulid(random.int(1, 999_999)), FORBIDDEN);
  },
  'another message under the same id': ({ command, random }) => {
    const id = ulid(random.int(1, 999_999_999));
    command('talk', id, `said once ${id}`);
    command('talk', id, `said otherwise ${id}`);
  },
  'an empty message': ({ command, random }) => {
    command('talk', ulid(random.int(1, 999_999_999)), '  ');
  },
};

/** A ULID of a number. */
function ulid(number: number): string {
  return `01EVJ${String(number).padStart(21, '0')}`;
}
