import type { Attack } from './attack.ts';
import { encodeUpdate, textItem } from './encode.ts';

const WELCOME = ['update-gap'];

/** Updates that build on what is nowhere: applied, they would wait for ever (fact 3). */
export const missing: Readonly<Record<string, Attack>> = {
  'a gap in its clocks': ({ fresh, random, mustFail }) => {
    const clock = random.int(1, 40);
    mustFail(encodeUpdate([{ client: fresh(), clock, structs: [textItem('gap')] }]), WELCOME);
  },
  'a skip': ({ fresh, mustFail }) => {
    const structs = [{ type: 'skip', length: 4 } as const, textItem('after')];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
  },
  'a neighbour that is nowhere': ({ fresh, random, mustFail }) => {
    const nowhere = { client: fresh(), clock: 3 };
    const place = random.chance(0.5) ? { origin: nowhere } : { right: nowhere };
    mustFail(
      encodeUpdate([{ client: fresh(), clock: 0, structs: [textItem('lost', place)] }]),
      WELCOME,
    );
  },
  'a parent that is nowhere': ({ fresh, mustFail }) => {
    const parent = { client: fresh(), clock: 0 };
    mustFail(
      encodeUpdate([{ client: fresh(), clock: 0, structs: [textItem('child', { parent })] }]),
      WELCOME,
    );
  },
  'neighbours that wait for each other': ({ fresh, mustFail }) => {
    const [a, b] = [fresh(), fresh()];
    mustFail(
      encodeUpdate([
        { client: a, clock: 0, structs: [textItem('a', { origin: { client: b, clock: 0 } })] },
        { client: b, clock: 0, structs: [textItem('b', { origin: { client: a, clock: 0 } })] },
      ]),
      WELCOME,
    );
  },
  'its own future': ({ fresh, mustFail }) => {
    const client = fresh();
    const structs = [textItem('a', { origin: { client, clock: 1 } }), textItem('b')];
    mustFail(encodeUpdate([{ client, clock: 0, structs }]), WELCOME);
  },
  'deletes of the future': ({ fresh, victims, random, mustFail }) => {
    const known = victims.length > 0 && random.chance(0.7) ? random.pick(victims) : undefined;
    const from = known ?? { client: fresh(), clock: 0 };
    // Far enough ahead that nobody gets there meanwhile.
    mustFail(encodeUpdate([], [{ ...from, clock: from.clock + 5_000, length: 3 }]), WELCOME);
  },
};
