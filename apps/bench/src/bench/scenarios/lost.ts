import { setTimeout as pause } from 'node:timers/promises';
import { inTurn } from '../kinds.ts';
import { type Scenario, documentName } from '../scenario.ts';

/** Milliseconds of typing before the server is killed, one per round, and over again. */
const MOMENTS = [6_000, 13_000, 19_000];
const QUICK_MOMENT = 700;

const CLIENTS = 10;
const RATE = 500;

export const lost: Scenario = {
  name: 'lost',
  about: (quick) =>
    `SIGKILL under load: ${CLIENTS} clients, all typing, ${RATE} edits/s, killed after ${quick ? QUICK_MOMENT / 1000 : MOMENTS.map((ms) => ms / 1000).join(', ')} s`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('acked edits lost', '%', { goal: 'at-most', value: 0 });
    measures.define('acked edits lost, count', 'edits', { goal: 'at-most', value: 0 });
    measures.define('shown to others and lost', '%', { goal: 'at-most', value: 0 });
    measures.define('acked before the kill', 'edits');
    for (let round = 0; round < rounds; round += 1) {
      const moment = quick ? QUICK_MOMENT : (MOMENTS[round % MOMENTS.length] ?? QUICK_MOMENT);
      for (const kind of inTurn(stage.kinds, round)) {
        stage.progress(`${kind}, round ${round + 1}: killed after ${moment} ms`);
        const document = documentName(`lost-${round}`);
        await stage.withServer(kind, {}, async (server) => {
          const killed: Promise<void>[] = [];
          const typed = await stage.load.run(
            {
              type: 'typing',
              target: server.target,
              documents: [document],
              clients: CLIENTS,
              writers: CLIENTS,
              rate: RATE,
              warmup: 0,
              duration: 0,
              base: 1_000,
              end: 'cut',
            },
            async () => {
              killed.push(pause(moment).then(() => server.kill()));
            },
          );
          await Promise.all(killed);
          await server.restart();
          const read = await stage.load.run({ type: 'read', target: server.target, document });
          const present = new Set(read.marks);
          const missing = (marks: readonly number[]) =>
            marks.filter((mark) => !present.has(mark)).length;
          const { ackedMarks, shownMarks } = typed;
          const lostAcked = missing(ackedMarks);
          const lostShown = missing(shownMarks);
          stage.keep(kind, round, {
            moment,
            sent: typed.sent,
            acked: ackedMarks.length,
            lostAcked,
            shown: shownMarks.length,
            lostShown,
          });
          if (ackedMarks.length > 0) {
            measures.add('acked edits lost', kind, (lostAcked / ackedMarks.length) * 100);
            measures.add('acked edits lost, count', kind, lostAcked);
            measures.add('acked before the kill', kind, ackedMarks.length);
          }
          if (shownMarks.length > 0) {
            measures.add('shown to others and lost', kind, (lostShown / shownMarks.length) * 100);
          }
        });
      }
    }
  },
};
