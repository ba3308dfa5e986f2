import * as Y from 'yjs';
import { Client } from './client.ts';
import { TEXT_ROOT } from './edits.ts';
import type { OpenJob, Opened } from './jobs.ts';
import { assemble } from './read.ts';

/** Part of the document, and when its frame had arrived. */
interface Part {
  readonly bytes: Uint8Array;
  readonly at: number;
}

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
  const parts = clients.map((client) => {
    const received: Part[] = [];
    client.heard = (incoming, at) => {
      if (incoming.kind !== 'update' && incoming.kind !== 'step2') return;
      received.push({ bytes: incoming.bytes, at });
    };
    return received;
  });
  await gate('opening');
  const start = performance.now();
  const answers = await Promise.all(
    clients.map((client) => {
      const last = client.next(({ kind }) => kind === 'step2');
      client.open();
      return last;
    }),
  );
  await Promise.all(clients.map((client) => client.quiet()));
  await gate('opened');
  await Promise.all(clients.map((client) => client.close()));
  const doc = assemble((parts[0] ?? []).map(({ bytes }) => bytes));
  const { length } = doc.getText(TEXT_ROOT);
  if (length === 0) throw new Error(`${job.document} came empty.`);
  const whole = Y.decodeStateVector(Y.encodeStateVector(doc));
  return {
    type: 'open',
    complete: parts.map((received) => completeAt(received, whole) - start),
    synced: answers.map((at) => at - start),
    bytes: clients[0]?.traffic.received ?? 0,
    length,
  };
}

/** When the last part came that was needed for the whole. @throws when parts are missing */
function completeAt(parts: readonly Part[], whole: ReadonlyMap<number, number>): number {
  const have = new Map<number, number>();
  for (const { bytes, at } of parts) {
    for (const [client, clock] of Y.parseUpdateMeta(bytes).to) {
      have.set(client, Math.max(clock, have.get(client) ?? 0));
    }
    if ([...whole].every(([client, clock]) => (have.get(client) ?? 0) >= clock)) return at;
  }
  throw new Error('A newcomer did not get the whole document.');
}
