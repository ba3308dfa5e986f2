import { Client } from './client.ts';
import type { TraceJob } from './jobs.ts';

/** Frames that may wait for their answers. */
const WINDOW = 500;

/** Sends a session change by change, as fast as the server answers. */
export async function runTrace(job: TraceJob) {
  const client = await Client.connect(job.target, job.document, 'author');
  await client.opened();
  const start = performance.now();
  let answered = 0;
  let proceed: () => void = () => undefined;
  client.heard = (incoming) => {
    if (incoming.kind === 'denied') throw new Error(`Denied: ${incoming.reason}.`);
    if (incoming.kind !== 'acked') return;
    answered = incoming.through ?? answered + 1;
    proceed();
  };
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      proceed = () => {
        if (answered >= count) resolve();
      };
      proceed();
    });
  for (const update of job.updates) {
    const n = client.write(update);
    if (client.dialect.acks && n - answered >= WINDOW) await until(n - WINDOW / 2);
  }
  if (client.dialect.acks) await until(job.updates.length);
  await client.quiet();
  const took = performance.now() - start;
  await client.close();
  return { type: 'trace', took } as const;
}
