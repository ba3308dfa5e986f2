import { join } from 'node:path';
import { createWeftServer } from '@weft/server';
import { openSqliteStore } from '@weft/storage/sqlite';
import { WEFT_DATABASE } from '../weft-database.ts';
import { host } from './host.ts';
import { StageClock } from './stages.ts';

/** Ours, put together as the deployable does it. */
host(async ({ dataDir, secret, seats, stages }) => {
  const store = await openSqliteStore({ file: join(dataDir, WEFT_DATABASE) });
  const clock = stages ? new StageClock() : undefined;
  if (clock !== undefined) store.watch?.(clock.committed);
  const server = await createWeftServer({
    store,
    secret,
    ...(clock === undefined ? {} : { tracer: clock.tracer }),
    // All load comes from one address here.
    admission: { perAddress: 50_000, ...(seats === undefined ? {} : { seats }) },
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (message, details) => {
        process.stderr.write(`weft: ${message} ${JSON.stringify(details ?? {})}\n`);
      },
    },
  });
  const { port } = await server.listen(0, '127.0.0.1');
  return {
    port,
    ...(clock === undefined ? {} : { stages: () => clock.take() }),
    close: () => server.close(),
  };
});
