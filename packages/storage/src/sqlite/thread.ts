import type { Worker } from 'node:worker_threads';

/**
 * Where a thread's code is, beside a module of ours. Sources run as they are, the published package as JavaScript: the
 * thread has the same ending as whoever starts it.
 * @param from `import.meta.url`
 */
export function threadUrl(name: string, from: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}

/** Tells a thread to end, and resolves when it has. @param request what it takes for that */
export async function endThread(worker: Worker, request: unknown): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  worker.ref();
  worker.postMessage(request);
  await ended;
}
