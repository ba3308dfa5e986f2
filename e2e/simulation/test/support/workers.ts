import { Worker } from 'node:worker_threads';
import type { Result, Task } from '../../src/tasks.ts';

const CODE = new URL('../../src/worker.ts', import.meta.url);

/** Gives a task to a thread of its own, as the simulator replaces the globals of its thread. */
export function perform(task: Task): Promise<readonly Result[]> {
  return new Promise((resolve, reject) => {
    const results: Result[] = [];
    // Plain Node: neither the flags nor the module loader of whoever runs the tests.
    const worker = new Worker(CODE, { workerData: task, execArgv: [], env: {} });
    worker.on('message', (result: Result) => results.push(result));
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (code === 0) resolve(results);
      else reject(new Error(`The worker ended with ${code}.`));
    });
  });
}

/** Shares a list out among so many workers: one per core of the smallest machine we care for. */
export async function performAll(tasks: readonly Task[]): Promise<readonly Result[]> {
  return (await Promise.all(tasks.map(perform))).flat();
}
