import { gauge } from '../gauge.ts';
import type { Scenario } from '../scenario.ts';
import { median } from '../stats.ts';

const CLIENTS = 5_000;
const SEATS = 500;
const STAY = 2_000;

/** Only ours has seats: what is asked is whether they hold. */
export const stampede: Scenario = {
  name: 'stampede',
  about: (quick) =>
    `${quick ? 200 : CLIENTS} people sign in at once on a server with ${quick ? 20 : SEATS} seats, and stay ${quick ? 50 : STAY} ms each`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    const clients = quick ? 200 : CLIENTS;
    const seats = quick ? 20 : SEATS;
    measures.define('seats taken at most', 'seats', { goal: 'at-most', value: seats });
    measures.define('people who were not let in', 'people', { goal: 'at-most', value: 0 });
    measures.define('out of order, worst of all', '% of all places', {
      goal: 'at-most',
      value: 1,
    });
    measures.define('wait p50', 'ms');
    measures.define('wait p99', 'ms');
    measures.define('first told wait, over the true one', 'times');
    measures.define('until the last was in', 'ms');
    measures.define('server CPU per person', 'ms');
    if (!stage.kinds.includes('weft')) return;
    for (let round = 0; round < rounds; round += 1) {
      stage.progress(`weft, round ${round + 1}`);
      await stage.quiet();
      await stage.withServer('weft', { seats }, async (server) => {
        const gauged = gauge(server);
        const passed = await stage.load.run(
          { type: 'stampede', target: server.target, clients, stay: quick ? 50 : STAY },
          gauged.atGate,
        );
        const { cpu, rss, others } = gauged.result();
        const { displaced, told, ...rest } = passed;
        const worst = Math.max(0, ...displaced.map((places) => Math.abs(places)));
        stage.keep('weft', round, { cpu, rss, others, worst, told: median(told), ...rest });
        measures.add('seats taken at most', 'weft', passed.inside);
        measures.add('people who were not let in', 'weft', clients - passed.served);
        measures.add('out of order, worst of all', 'weft', (worst / clients) * 100);
        measures.add('wait p50', 'weft', passed.wait.p50);
        measures.add('wait p99', 'weft', passed.wait.p99);
        const honest = median(told);
        if (honest !== undefined) {
          measures.add('first told wait, over the true one', 'weft', honest);
        }
        measures.add('until the last was in', 'weft', passed.took);
        measures.add('server CPU per person', 'weft', cpu / clients);
      });
    }
  },
};
