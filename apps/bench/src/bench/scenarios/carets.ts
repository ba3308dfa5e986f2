import { gauge } from '../gauge.ts';
import { inTurn } from '../kinds.ts';
import { type Scenario, documentName } from '../scenario.ts';

const CARETS = 100;
const RATE = 10;
const SECONDS = 10;

/** What a server may take for it, of stock. */
const SHARE = 0.33;

export const carets: Scenario = {
  name: 'carets',
  about: (quick) =>
    `${quick ? 10 : CARETS} carets in one document, each moving ${RATE} times a second`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('arrival p50', 'ms');
    measures.define('arrival p99', 'ms', { goal: 'at-most', value: 100 });
    measures.define('states that arrived', '%');
    measures.define('server CPU per second', 'ms', { goal: 'at-most-times', times: SHARE });
    measures.define('frames to each reader per second', 'frames');
    const clients = quick ? 10 : CARETS;
    const duration = quick ? 500 : SECONDS * 1_000;
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(stage.kinds, round)) {
        stage.progress(`${kind}, round ${round + 1}`);
        await stage.quiet();
        await stage.withServer(kind, {}, async (server) => {
          const gauged = gauge(server);
          const moved = await stage.load.run(
            {
              type: 'carets',
              target: server.target,
              document: documentName(`carets-${round}`),
              clients,
              rate: RATE,
              warmup: quick ? 100 : 2_000,
              duration,
            },
            gauged.atGate,
          );
          const { cpu, rss, others } = gauged.result();
          stage.keep(kind, round, { cpu, rss, others, ...moved });
          measures.add('arrival p50', kind, moved.arrival.p50);
          measures.add('arrival p99', kind, moved.arrival.p99);
          measures.add('states that arrived', kind, (moved.delivered / moved.expected) * 100);
          measures.add('server CPU per second', kind, (cpu * 1_000) / duration);
          measures.add(
            'frames to each reader per second',
            kind,
            (moved.frames * 1_000) / clients / duration,
          );
        });
      }
    }
  },
};
