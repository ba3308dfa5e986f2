import { longSession, updatesOf } from '../documents.ts';
import type { Kind } from '../kinds.ts';
import { type Scenario, documentName } from '../scenario.ts';
import { stockPages } from '../stock-database.ts';
import { foldedDown, weftSize } from '../weft-database.ts';

/** Those that keep documents. */
const KEEPING: readonly Kind[] = ['weft', 'hocuspocus'];

/** The compactor folds at so many records: when it is done, fewer are left. */
const TAIL_MAX = 1_999;

/** The session is the same each time and nothing depends on the clock: once is enough. */
export const size: Scenario = {
  name: 'size',
  about: (quick) =>
    `what a long session${quick ? ' (its first 5,000 changes)' : ''}, sent change by change, takes on disk; pages of log and snapshots by dbstat, free pages and the write-ahead log left out`,
  run: async (stage) => {
    const { measures, quick } = stage;
    measures.define('pages over the encoded state', '×', { goal: 'at-most', value: 1.3 });
    measures.define('pages', 'kB');
    measures.define('encoded state', 'kB');
    measures.define('edits taken per second', 'edits/s');
    const session = await longSession(quick ? 5_000 : undefined);
    const updates = [...updatesOf(session)];
    for (const kind of stage.kinds.filter((each) => KEEPING.includes(each))) {
      stage.progress(`${kind}: ${updates.length} changes of ${session.name}`);
      await stage.withServer(kind, {}, async (server) => {
        const document = documentName('size');
        const { took } = await stage.load.run({
          type: 'trace',
          target: server.target,
          document,
          updates,
        });
        const { encoded } = await stage.load.run({ type: 'read', target: server.target, document });
        if (kind === 'weft') await foldedDown(server.dataDir, [document], TAIL_MAX);
        await server.stop();
        const kept =
          kind === 'weft'
            ? weftSize(server.dataDir, document)
            : { pages: stockPages(server.dataDir) };
        stage.keep(kind, 0, { session: session.name, encoded, took, ...kept });
        const { pages } = kept;
        measures.add('pages over the encoded state', kind, pages / encoded);
        measures.add('pages', kind, pages / 1000);
        measures.add('encoded state', kind, encoded / 1000);
        measures.add('edits taken per second', kind, (updates.length * 1000) / took);
      });
    }
  },
};
