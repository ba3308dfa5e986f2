import { inTurn } from '../kinds.ts';
import type { Scenario } from '../scenario.ts';
import { typeMeasured, withoutMarks } from './hot.ts';

const DOCUMENTS = 500;
const PEOPLE = 2;
const EDITS = 4;
const BASE = 10_000;

export const many: Scenario = {
  name: 'many',
  about: (quick) =>
    `${quick ? 20 : DOCUMENTS} documents, ${PEOPLE} people in each, ${EDITS} edits/s by each of them`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('fan-out p50', 'ms');
    measures.define('fan-out p99', 'ms', { goal: 'at-most', value: 10 });
    measures.define('stored p99', 'ms');
    measures.define('slowest arrival', 'ms');
    measures.define('server CPU per 1,000 delivered', 'ms', { goal: 'at-most-times', times: 1.5 });
    measures.define('resident memory after', 'MB');
    const documents = quick ? 20 : DOCUMENTS;
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(stage.kinds, round)) {
        stage.progress(`${kind}, round ${round + 1}`);
        await stage.withServer(kind, {}, async (server) => {
          const { typed, cpu, rss, others, stages } = await typeMeasured(stage, server, {
            document: `many-${round}`,
            documents,
            clients: PEOPLE,
            writers: PEOPLE,
            rate: documents * PEOPLE * EDITS,
            base: BASE,
            warmup: quick ? 200 : 2_000,
            duration: quick ? 500 : 20_000,
          });
          stage.keep(kind, round, { cpu, rss, others, stages, ...withoutMarks(typed) });
          measures.add('fan-out p50', kind, typed.fanOut.p50);
          measures.add('fan-out p99', kind, typed.fanOut.p99);
          if (typed.acks.count > 0) measures.add('stored p99', kind, typed.acks.p99);
          measures.add('slowest arrival', kind, typed.fanOut.max);
          measures.add('server CPU per 1,000 delivered', kind, (cpu / typed.delivered) * 1000);
          measures.add('resident memory after', kind, rss / 1e6);
        });
      }
    }
  },
};
