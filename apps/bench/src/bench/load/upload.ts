import { Client } from './client.ts';
import type { Target, UploadJob } from './jobs.ts';

/** Brings an update to a document, and resolves when the server has it, as far as it says so. */
export async function bring(target: Target, document: string, update: Uint8Array): Promise<void> {
  const client = await Client.connect(target, document, 'author');
  if (client.dialect.syncs) {
    await client.opened();
    const acked = client.dialect.acks ? client.next(({ kind }) => kind === 'acked') : undefined;
    client.write(update);
    await acked;
    await client.quiet();
  }
  await client.close();
}

export async function runUpload(job: UploadJob): Promise<{ readonly type: 'upload' }> {
  for (const document of job.documents) await bring(job.target, document, job.update);
  return { type: 'upload' };
}
