import { gauge } from '../gauge.ts';
import { KINDS, type Kind, inTurn } from '../kinds.ts';
import { type Scenario, documentName } from '../scenario.ts';
import { median } from '../stats.ts';

const EDITS = 10_000;
const SEED = 33;

/** A relay holds nothing for who comes back. */
const SYNCING: readonly Kind[] = KINDS.filter((kind) => kind !== 'relay');

/**
 * Meetings before any counts, so that the server's code is compiled, and that count. Two are not enough: the third still
 * takes twice as long as the fifth.
 */
const WARM = 5;
const COUNTED = 5;

export const offline: Scenario = {
  name: 'offline',
  about: (quick) =>
    `${quick ? 500 : EDITS} edits made offline meet ${quick ? 500 : EDITS} made online`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('converged after', 'ms', { goal: 'at-most-times', times: 1 });
    measures.define('answered after', 'ms');
    measures.define('bytes, both people, both ways', 'kB', { goal: 'at-most-times', times: 1 });
    measures.define('server CPU', 'ms');
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(
        stage.kinds.filter((each) => SYNCING.includes(each)),
        round,
      )) {
        stage.progress(`${kind}, round ${round + 1}`);
        await stage.withServer(kind, {}, async (server) => {
          const meetings: {
            converged: number;
            acked: number | null;
            bytes: number;
            cpu: number;
          }[] = [];
          const count = quick ? 1 : WARM + COUNTED;
          for (let index = 0; index < count; index += 1) {
            await stage.quiet();
            const gauged = gauge(server);
            const { converged, acked, bytes } = await stage.load.run(
              {
                type: 'merge',
                target: server.target,
                document: documentName(`offline-${round}-${index}`),
                edits: quick ? 500 : EDITS,
                seed: SEED + index,
              },
              gauged.atGate,
            );
            const { cpu, others } = gauged.result();
            stage.keep(kind, round, { index, converged, acked, bytes, cpu, others });
            if (quick || index >= WARM) meetings.push({ converged, acked, bytes, cpu });
          }
          const middle = (pick: (meeting: (typeof meetings)[number]) => number) =>
            median(meetings.map(pick)) ?? 0;
          measures.add(
            'converged after',
            kind,
            middle(({ converged }) => converged),
          );
          if (meetings.every(({ acked }) => acked !== null)) {
            measures.add(
              'answered after',
              kind,
              middle(({ acked }) => acked ?? 0),
            );
          }
          measures.add('bytes, both people, both ways', kind, middle(({ bytes }) => bytes) / 1000);
          measures.add(
            'server CPU',
            kind,
            middle(({ cpu }) => cpu),
          );
        });
      }
    }
  },
};
