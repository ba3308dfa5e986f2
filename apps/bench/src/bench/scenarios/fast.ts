import { inTurn } from '../kinds.ts';
import type { Scenario } from '../scenario.ts';
import { typeMeasured, withoutMarks } from './hot.ts';

const CLIENTS = 50;
const WRITERS = 10;
const RATE = 4_000;

export const fast: Scenario = {
  name: 'fast',
  about: (quick) =>
    `one document, ${quick ? 10 : CLIENTS} clients, ${quick ? 3 : WRITERS} typing, ${quick ? 400 : RATE} edits/s`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('server CPU per 1,000 delivered', 'ms', { goal: 'at-most-times', times: 1 });
    measures.define('fan-out p50', 'ms');
    measures.define('fan-out p99', 'ms');
    measures.define('stored p99', 'ms');
    measures.define('edits that arrived', '%');
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(stage.kinds, round)) {
        stage.progress(`${kind}, round ${round + 1}`);
        await stage.withServer(kind, {}, async (server) => {
          const { typed, cpu, rss, others, stages } = await typeMeasured(stage, server, {
            document: `fast-${round}`,
            clients: quick ? 10 : CLIENTS,
            writers: quick ? 3 : WRITERS,
            rate: quick ? 400 : RATE,
            warmup: quick ? 200 : 2_000,
            duration: quick ? 500 : 8_000,
          });
          stage.keep(kind, round, { cpu, rss, others, stages, ...withoutMarks(typed) });
          measures.add('server CPU per 1,000 delivered', kind, (cpu / typed.delivered) * 1000);
          measures.add('fan-out p50', kind, typed.fanOut.p50);
          measures.add('fan-out p99', kind, typed.fanOut.p99);
          if (typed.acks.count > 0) measures.add('stored p99', kind, typed.acks.p99);
          measures.add('edits that arrived', kind, (typed.delivered / typed.expected) * 100);
        });
      }
    }
  },
};
