import type { Attack } from './attack.ts';
import { encodeUpdate, payload, textItem } from './encode.ts';

// Part of it may be there already: what is left then has neighbours, and they do not fit.
const WELCOME = ['client-id-taken', 'neighbours-forged'];

/** Writing as somebody else (fact 26): on the victim's replica it deletes what the victim has not sent. */
export const identity: Readonly<Record<string, Attack>> = {
  'collected structs under a client id of another': ({ victims, random, mustFail }) => {
    if (victims.length === 0) return;
    const { client, clock } = random.pick(victims);
    // Longer than what the victim may write meanwhile.
    mustFail(encodeUpdate([{ client, clock, structs: [{ type: 'gc', length: 2_000 }] }]), WELCOME);
  },
  'text under a client id of another': ({ victims, random, mustFail }) => {
    if (victims.length === 0) return;
    const { client, clock } = random.pick(victims);
    mustFail(encodeUpdate([{ client, clock, structs: [textItem('evil'.repeat(500))] }]), WELCOME);
  },
  'a client id that was only shown': ({ announced, random, mustFail }) => {
    if (announced.length === 0) return;
    const structs = [{ type: 'item', payload: payload.deleted(2_000), parent: 'evil' } as const];
    mustFail(encodeUpdate([{ client: random.pick(announced), clock: 0, structs }]), WELCOME);
  },
  'own text beside that of another': ({ victims, fresh, random, mustFail }) => {
    if (victims.length === 0) return;
    const { client, clock } = random.pick(victims);
    mustFail(
      encodeUpdate([
        { client: fresh(), clock: 0, structs: [textItem('mine')] },
        { client, clock, structs: [{ type: 'gc', length: 2_000 }] },
      ]),
      WELCOME,
    );
  },
  'another content for known structs': ({ victims, random, write }) => {
    // The log has them: the write is cut to nothing, stored, and changes nothing.
    const known = victims.filter(({ clock }) => clock > 0);
    if (known.length === 0) return;
    const { client, clock } = random.pick(known);
    write(encodeUpdate([{ client, clock: 0, structs: [textItem('x'.repeat(clock))] }]));
  },
  'the presence of another': ({ announced, random, awareness }) => {
    if (announced.length === 0) return;
    const state = { user: { name: 'somebody else', sub: 'person-0' }, cursor: 1 };
    awareness(random.pick(announced), JSON.stringify(state));
  },
};
