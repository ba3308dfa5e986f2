import { startCrowd } from '../load-crowd.ts';
import { inTurn } from '../kinds.ts';
import { machineBusy } from '../machine.ts';
import { type Scenario, documentName } from '../scenario.ts';
import type { Usage } from '../servers/messages.ts';

const CLIENTS = 5_000;
const DOCUMENTS = 1_000;

/** Load generators, each with a part of the sockets. */
const GENERATORS = 2;

interface Reading {
  readonly at: number;
  readonly usage: Usage;
  readonly load: number;
  readonly machine: number;
}

function memoryOf(usage: Usage | undefined): Pick<Usage, 'rss' | 'held'> | undefined {
  return usage === undefined ? undefined : { rss: usage.rss, held: usage.held };
}

export const idle: Scenario = {
  name: 'idle',
  about: (quick) =>
    `${quick ? 60 : CLIENTS} people open one of ${quick ? 20 : DOCUMENTS} documents each, and do nothing`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('resident memory per connection', 'KB', { goal: 'at-most', value: 25 });
    measures.define('of it in heap and buffers', 'KB');
    measures.define('accepted and synced', '/s', { goal: 'at-least', value: 4_000 });
    measures.define('server CPU per connection', 'ms');
    measures.define('server CPU per second at rest', 'ms');
    const clients = quick ? 60 : CLIENTS;
    const documents = Array.from({ length: quick ? 20 : DOCUMENTS }, (_, index) =>
      documentName(`idle-${index}`),
    );
    const crowd = startCrowd(GENERATORS);
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of inTurn(stage.kinds, round)) {
          stage.progress(`${kind}, round ${round + 1}`);
          await stage.quiet();
          await stage.withServer(kind, { measuresMemory: true }, async (server) => {
            const readings: Reading[] = [];
            const share = clients / GENERATORS;
            const settled = await crowd.run(
              Array.from({ length: GENERATORS }, (_, index) => ({
                type: 'idle',
                target: server.target,
                documents,
                clients: share,
                from: index * share,
              })),
              async (name, load) => {
                // What collecting takes is counted in neither step.
                const before = name === 'empty' ? await server.usage(true) : undefined;
                const usage = { ...(await server.usage(name === 'at rest')), ...memoryOf(before) };
                readings.push({ at: performance.now(), usage, load, machine: machineBusy() });
              },
            );
            const [empty, full, rest] = readings;
            if (empty === undefined || full === undefined || rest === undefined) {
              throw new Error('The job passed too few gates.');
            }
            const took = Math.max(
              ...settled.map((each) => (each.type === 'idle' ? each.took : Number.NaN)),
            );
            const cpu = full.usage.cpu - empty.usage.cpu;
            const ours = cpu + full.load - empty.load;
            const others = Math.max(
              0,
              (full.machine - empty.machine - ours) / (full.at - empty.at),
            );
            stage.keep(kind, round, { took, others, readings });
            const each = (what: 'rss' | 'held') =>
              (rest.usage[what] - empty.usage[what]) / 1000 / clients;
            measures.add('resident memory per connection', kind, each('rss'));
            measures.add('of it in heap and buffers', kind, each('held'));
            measures.add('accepted and synced', kind, (clients / took) * 1000);
            measures.add('server CPU per connection', kind, cpu / clients);
            measures.add(
              'server CPU per second at rest',
              kind,
              ((rest.usage.cpu - full.usage.cpu) / (rest.at - full.at)) * 1000,
            );
          });
        }
      }
    } finally {
      await crowd.close();
    }
  },
};
