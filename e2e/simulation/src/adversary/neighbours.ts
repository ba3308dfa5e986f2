import type { Attack, Attacker } from './attack.ts';
import { type Id, type Struct, encodeUpdate, payload, textItem } from './encode.ts';

// Where the first part was lost on the way, the second builds on nothing.
const WELCOME = ['neighbours-forged', 'update-gap'];

/**
 * Insertions between two places that nobody can have seen side by side (fact 26): honest replicas that apply them in
 * different orders differ for ever. Each lays out text of its own first, and forges once that is stored.
 */
export const neighbours: Readonly<Record<string, Attack>> = {
  'places within one text that are not beside each other': (attacker) =>
    forge(attacker, (client) => ({
      first: [textItem('abcdef')],
      clock: 6,
      forged: { origin: { client, clock: 0 }, right: { client, clock: 3 } },
    })),
  'the middle of a text, from its start': (attacker) =>
    forge(attacker, (client) => ({
      first: [textItem('abcdef')],
      clock: 6,
      forged: { right: { client, clock: 3 } },
    })),
  'the right place left of the left one': (attacker) =>
    forge(attacker, (client) => ({
      first: [textItem('a'), textItem('b', { right: { client, clock: 0 } })],
      clock: 2,
      forged: { origin: { client, clock: 0 }, right: { client, clock: 1 } },
    })),
  'places in two texts': (attacker) =>
    forge(attacker, (client) => ({
      first: [textItem('a', { parent: 'evil' }), textItem('b', { parent: 'evil too' })],
      clock: 2,
      forged: { origin: { client, clock: 0 }, right: { client, clock: 1 } },
    })),
  'places in two texts, one of which comes with it': ({ fresh, write, later, mustFail }) => {
    const client = fresh();
    const first = [textItem('a', { parent: 'evil' }), textItem('b', { parent: 'evil too' })];
    write(encodeUpdate([{ client, clock: 0, structs: first }]));
    const forged = [
      textItem('x', { origin: { client, clock: 0 } }),
      textItem('y', { origin: { client, clock: 2 }, right: { client, clock: 1 } }),
    ];
    later(() => mustFail(encodeUpdate([{ client, clock: 2, structs: forged }]), WELCOME));
  },
  'the right place left of the left one, all of it in one update': ({ fresh, mustFail }) => {
    const client = fresh();
    const structs = [
      textItem('a'),
      textItem('b', { right: { client, clock: 0 } }),
      textItem('!', { origin: { client, clock: 0 }, right: { client, clock: 1 } }),
    ];
    mustFail(encodeUpdate([{ client, clock: 0, structs }]), WELCOME);
  },
  'several values under one key': ({ fresh, random, mustFail }) => {
    const key = `several ${random.int(0, 2 ** 30)}`;
    const structs = [
      { type: 'item', payload: payload.numbers(3), parent: 'evil map', key } as const,
    ];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
  },
  'more values behind one under a key': ({ fresh, random, write, later, mustFail }) => {
    const client = fresh();
    const key = `more ${random.int(0, 2 ** 30)}`;
    const values = (count: number) => {
      const structs = [
        { type: 'item', payload: payload.numbers(count), parent: 'evil map', key } as const,
      ];
      return encodeUpdate([{ client, clock: 0, structs }]);
    };
    write(values(1));
    later(() => mustFail(values(3), WELCOME));
  },
};

function forge(
  { fresh, write, later, mustFail }: Attacker,
  plan: (client: number) => {
    readonly first: readonly Struct[];
    /** Of the forged one, behind them. */
    readonly clock: number;
    readonly forged: { readonly origin?: Id; readonly right?: Id };
  },
): void {
  const client = fresh();
  const { first, clock, forged } = plan(client);
  write(encodeUpdate([{ client, clock: 0, structs: first }]));
  later(() => {
    mustFail(encodeUpdate([{ client, clock, structs: [textItem('!', forged)] }]), WELCOME);
  });
}
