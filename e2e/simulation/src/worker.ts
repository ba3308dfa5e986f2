import { parentPort, workerData } from 'node:worker_threads';
import { globals } from './prelude.ts';
import { perform } from './tasks.ts';

/**
 * A thread of the simulator's own: it replaces the globals of its thread, so nothing else may live here.
 * Its task is its `workerData`; it posts each result, and ends.
 */
globals.leave();
if (parentPort === null) throw new Error('This is the code of a worker.');
const port = parentPort;
await perform(workerData, (result) => port.postMessage(result));
