import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** Ends the process when the limit of a drain has passed and the event loop did not do it. */
const limitMs: unknown = workerData;
if (typeof limitMs !== 'number') throw new TypeError('The guard of a drain needs its limit.');

setTimeout(() => {
  writeSync(
    2,
    'weft: the disk does not answer and the shutdown could not be finished; what was being stored may not be.\n',
  );
  process.kill(process.pid, 'SIGKILL');
}, limitMs);
