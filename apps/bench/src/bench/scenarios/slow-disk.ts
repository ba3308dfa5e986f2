import { KINDS, inTurn } from '../kinds.ts';
import type { Scenario } from '../scenario.ts';
import { typeMeasured, withoutMarks } from './hot.ts';

/** Milliseconds that each commit takes longer. */
const FSYNC = 10;

/** Those that have a disk. */
const STORING = KINDS.filter((kind) => kind === 'weft' || kind === 'hocuspocus');

export const slowDisk: Scenario = {
  name: 'slow-disk',
  about: () => `as hot, with ${FSYNC} ms more for each commit, blocking the thread that commits`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('event-loop delay p99', 'ms', { goal: 'at-most', value: 5 });
    measures.define('event-loop delay max', 'ms');
    measures.define('stored p50', 'ms');
    measures.define('stored p99', 'ms', { goal: 'at-most', value: 40 });
    measures.define('fan-out p99', 'ms');
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(
        STORING.filter((each) => stage.kinds.includes(each)),
        round,
      )) {
        stage.progress(`${kind}, round ${round + 1}`);
        const options = { slowDisk: FSYNC, watchLoop: true };
        await stage.withServer(kind, options, async (server) => {
          const { typed, cpu, loopDelay, others } = await typeMeasured(stage, server, {
            document: `slow-${round}`,
            clients: quick ? 10 : 50,
            writers: quick ? 3 : 10,
            rate: quick ? 100 : 500,
            warmup: quick ? 300 : 3_000,
            duration: quick ? 500 : 12_000,
          });
          stage.keep(kind, round, { cpu, loopDelay, others, ...withoutMarks(typed) });
          // An ack that comes sooner than the disk can be would mean that nothing was slowed down.
          if (kind === 'weft' && typed.acks.p50 < FSYNC) {
            throw new Error('The disk was not slow: acks came before a commit could end.');
          }
          measures.add('event-loop delay p99', kind, loopDelay.p99);
          measures.add('event-loop delay max', kind, loopDelay.max);
          measures.add('stored p50', kind, typed.acks.p50);
          measures.add('stored p99', kind, typed.acks.p99);
          measures.add('fan-out p99', kind, typed.fanOut.p99);
        });
      }
    }
  },
};
