import { Client } from './client.ts';
import { TEXT_ROOT } from './edits.ts';
import type { OpenJob, Opened } from './jobs.ts';
import { assemble } from './read.ts';

/** Newcomers on connected sockets open one document at once. The gates stand right before and right after. */
export async function runOpen(
  job: OpenJob,
  gate: (name: string) => Promise<void>,
): Promise<Opened> {
  const clients = await Promise.all(
    Array.from({ length: job.clients }, (_, index) =>
      Client.connect(job.target, job.document, `newcomer-${index}`),
    ),
  );
  const received: Uint8Array[] = [];
  const [first] = clients;
  if (first !== undefined) {
    first.heard = (incoming) => {
      if (incoming.kind === 'update' || incoming.kind === 'step2') received.push(incoming.bytes);
    };
  }
  await gate('opening');
  const start = performance.now();
  const took = await Promise.all(
    clients.map(async (client) => {
      const last = client.next(({ kind }) => kind === 'step2');
      client.open();
      return (await last) - start;
    }),
  );
  await Promise.all(clients.map((client) => client.quiet()));
  await gate('opened');
  await Promise.all(clients.map((client) => client.close()));
  const doc = assemble(received);
  const texts = [...doc.share.keys()].toSorted();
  const length = texts.reduce((sum, name) => sum + doc.getText(name).length, 0);
  if (length === 0) throw new Error(`${job.document} came empty; ${TEXT_ROOT} was expected.`);
  return { type: 'open', took, bytes: first?.traffic.received ?? 0, length };
}
