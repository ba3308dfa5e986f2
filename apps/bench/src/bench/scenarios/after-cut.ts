import { encodedDocument, longSession } from '../documents.ts';
import { gauge } from '../gauge.ts';
import { type Kind, inTurn } from '../kinds.ts';
import { type Scenario, documentName } from '../scenario.ts';
import { median } from '../stats.ts';

const DOCUMENTS = 200;

/** People in each document. */
const CLIENTS = 5;

/** Those that keep documents. */
const KEEPING: readonly Kind[] = ['weft', 'hocuspocus'];

export const afterCut: Scenario = {
  name: 'after-cut',
  about: (quick) =>
    `${(quick ? 4 : DOCUMENTS) * CLIENTS} people on ${quick ? 4 : DOCUMENTS} documents are cut off, each misses one edit, and all come back at once`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    const update = encodedDocument(await longSession(quick ? 20_000 : undefined));
    measures.define('all are live after', 'ms', { goal: 'at-most-times', times: 1 });
    measures.define('half are live after', 'ms');
    measures.define('server CPU', 'ms', { goal: 'at-most-times', times: 1 });
    measures.define('all are live after, without sessions', 'ms');
    measures.define('server CPU, without sessions', 'ms');
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(
        stage.kinds.filter((each) => KEEPING.includes(each)),
        round,
      )) {
        // Stock has none: its people compare state vectors, as ours do without a session.
        for (const sessions of kind === 'weft' ? [true, false] : [false]) {
          const documents = Array.from({ length: quick ? 4 : DOCUMENTS }, (_, index) =>
            documentName(`after-cut-${round}-${index}`),
          );
          await stage.withServer(kind, {}, async (server) => {
            stage.progress(`${kind}, round ${round + 1}: storing ${documents.length} documents`);
            const { target } = server;
            await stage.load.run({ type: 'upload', target, documents, update });
            await stage.quiet();
            stage.progress(`${kind}, round ${round + 1}: ${sessions ? 'sessions' : 'comparing'}`);
            const gauged = gauge(server);
            const { live } = await stage.load.run(
              { type: 'return', target, documents, clients: CLIENTS, sessions, update },
              gauged.atGate,
            );
            const { cpu, rss, loopDelay, others } = gauged.result();
            stage.keep(kind, round, { sessions, live, cpu, rss, loopDelay, others });
            const name = kind === 'weft' && !sessions ? ', without sessions' : '';
            measures.add(`all are live after${name}`, kind, Math.max(...live));
            measures.add(`server CPU${name}`, kind, cpu);
            if (name === '') measures.add('half are live after', kind, median(live) ?? 0);
          });
        }
      }
    }
  },
};
