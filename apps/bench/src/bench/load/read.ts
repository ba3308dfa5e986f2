import * as Y from 'yjs';
import { Client } from './client.ts';
import { TEXT_ROOT } from './edits.ts';
import type { ReadJob, Target } from './jobs.ts';
import { eachMark } from './marks.ts';

/** What a newcomer ends with; `undefined` from a server that holds nothing. */
export async function download(target: Target, document: string): Promise<Y.Doc | undefined> {
  const client = await Client.connect(target, document, 'reader');
  if (!client.dialect.syncs) {
    await client.close();
    return undefined;
  }
  const updates: Uint8Array[] = [];
  client.heard = (incoming) => {
    if (incoming.kind === 'update' || incoming.kind === 'step2') updates.push(incoming.bytes);
  };
  await client.opened();
  await client.close();
  return assemble(updates);
}

/** The document that updates make. @throws when they leave something out */
export function assemble(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  if (doc.store.pendingStructs !== null) throw new Error('A reader got a document with gaps.');
  return doc;
}

export async function runRead(job: ReadJob) {
  const doc = await download(job.target, job.document);
  const marks: number[] = [];
  if (doc !== undefined) {
    eachMark(Buffer.from(doc.getText(TEXT_ROOT).toJSON(), 'latin1'), (mark) => marks.push(mark));
  }
  const encoded = doc === undefined ? 0 : Y.encodeStateAsUpdate(doc).length;
  return { type: 'read', marks, encoded } as const;
}
