import { gauge } from '../gauge.ts';
import { type Kind, inTurn } from '../kinds.ts';
import { type Scenario, type Stage, documentName } from '../scenario.ts';

/** Who reads all the time. */
const READERS = 4;

/** Bytes of one text, how often it is written, and how often in a second: 150 MB in all. */
const PIECE_BYTES = 15_000;
const PIECES = 10_000;
const RATE = 500;

interface Passed {
  readonly held: number;
  readonly rss: number;
  readonly p99: number;
}

export const stoppedReader: Scenario = {
  name: 'stopped-reader',
  about: (quick) =>
    `${((quick ? 100 : PIECES) * PIECE_BYTES) / 1e6} MB pass in one document, to ${READERS} readers; then the same with one more, who has stopped`,
  run: async (stage) => {
    const { measures, rounds } = stage;
    measures.define('memory more than without it', 'MB', { goal: 'at-most', value: 8 });
    measures.define('resident memory more', 'MB');
    measures.define('p99 of others, without it', 'ms');
    measures.define('p99 of others, over that', '×', { goal: 'at-most', value: 1.1 });
    measures.define('it has the last text after', 'ms');
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(stage.kinds, round)) {
        const without = await pass(stage, kind, round, false);
        const beside = await pass(stage, kind, round, true);
        measures.add('memory more than without it', kind, (beside.held - without.held) / 1e6);
        measures.add('resident memory more', kind, (beside.rss - without.rss) / 1e6);
        measures.add('p99 of others, without it', kind, without.p99);
        measures.add('p99 of others, over that', kind, beside.p99 / without.p99);
      }
    }
  },
};

async function pass(stage: Stage, kind: Kind, round: number, stopped: boolean): Promise<Passed> {
  stage.progress(`${kind}, round ${round + 1}: ${stopped ? 'one has stopped' : 'all read'}`);
  await stage.quiet();
  return stage.withServer(kind, { measuresMemory: true }, async (server) => {
    const gauged = gauge(server, { collect: true });
    const passing = await stage.load.run(
      {
        type: 'stopped',
        target: server.target,
        document: documentName(`stopped-${round}`),
        readers: READERS,
        stopped,
        pieces: stage.quick ? 100 : PIECES,
        pieceBytes: PIECE_BYTES,
        rate: RATE,
      },
      gauged.atGate,
    );
    const { cpu, rss, held, others } = gauged.result();
    stage.keep(kind, round, { stopped, cpu, rss, held, others, ...passing });
    if (passing.back !== null) {
      stage.measures.add('it has the last text after', kind, passing.back);
    }
    return { held, rss, p99: passing.arrival.p99 };
  });
}
