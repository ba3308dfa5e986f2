import { join } from 'node:path';
import { openSqliteStore } from '@weft/storage/sqlite';
import { seedConversation } from '@weft/testkit';
import { gauge } from '../gauge.ts';
import type { Scenario } from '../scenario.ts';
import { WEFT_DATABASE } from '../weft-database.ts';

const CONVERSATION = 'long';

/** Messages of the conversation before anybody misses one. */
const LENGTHS = [100, 10_000, 100_000];

/** People who come back at once, with a client of ours each. */
const CLIENTS = 20;

/** Those who keep all of it: each fetches hundreds of segments before anything is measured. */
const KEEPERS = 2;

const WAYS = [
  { name: '', keep: false, missed: 1 },
  { name: ', nothing missed', keep: false, missed: 0 },
  { name: ', all of it kept', keep: true, missed: 1 },
] as const;

/** Ours alone: no other server has conversations. Without sessions: with them a short cut costs a few bytes. */
export const missed: Scenario = {
  name: 'missed',
  about: (quick) =>
    `${quick ? 3 : CLIENTS} people come back with a new socket to a conversation of which they have all but one message`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    const lengths = quick ? [100, 2_000] : LENGTHS;
    const nameOf = (length: number, way: string) =>
      `server CPU per person, ${length.toLocaleString('en')} messages${way}`;
    for (const { name, missed: count } of WAYS)
      for (const length of lengths)
        measures.define(
          nameOf(length, name),
          'ms',
          count === 0 ? undefined : { goal: 'at-most', value: 2 },
        );
    if (!stage.kinds.includes('weft')) return;
    for (let round = 0; round < rounds; round += 1) {
      for (const length of lengths) {
        await stage.withServer('weft', {}, async (server) => {
          stage.progress(`round ${round + 1}: writing ${length} messages`);
          let written = 0;
          for (const { name, keep, missed: count } of WAYS) {
            const conversation = `${CONVERSATION}-${written}`;
            written += 1;
            await server.stop();
            const store = await openSqliteStore({ file: join(server.dataDir, WEFT_DATABASE) });
            await seedConversation(store.log, {
              conversation,
              messages: length,
              people: [{ sub: 'somebody', name: 'Somebody' }],
              from: Date.UTC(2024, 0, 1),
              to: Date.UTC(2026, 0, 1),
              epoch: store.identity.epoch,
            });
            await store.close();
            await server.restart();
            stage.progress(`round ${round + 1}: ${length} messages${name}`);
            const clients = quick ? 3 : keep ? KEEPERS : CLIENTS;
            const gauged = gauge(server);
            const { target } = server;
            const { took } = await stage.load.run(
              { type: 'missed', target, conversation, length, clients, keep, missed: count },
              gauged.atGate,
            );
            const { cpu, rss, others } = gauged.result();
            stage.keep('weft', round, { length, keep, missed: count, took, cpu, rss, others });
            measures.add(nameOf(length, name), 'weft', cpu / clients);
          }
        });
      }
    }
  },
};
