import { createHash } from 'node:crypto';
import { type ConversationEvent, fileStream, hashesOf } from '@weft/protocol';
import type { BlobStore } from '@weft/storage';
import type { ReadableLog } from '../engine/load.ts';
import { FileReader } from '../files/records.ts';
import { reasonOf } from '../logger.ts';

/** Stream of a file → the messages that name it, as `conversation/sequence`. */
export type NamedFiles = Map<string, Set<string>>;

/** Adds the files that a conversation's messages name now. */
export function collectNamed(
  named: NamedFiles,
  tenant: string,
  conversation: string,
  events: readonly ConversationEvent[],
): void {
  const newest = new Map<number, readonly string[]>();
  for (const event of events) {
    if (event.type === 'thread' || event.message === undefined) continue;
    newest.set(event.sequence, hashesOf(event.message.body));
  }
  for (const [sequence, hashes] of newest) {
    for (const hash of hashes) {
      const stream = fileStream(tenant, hash);
      const messages = named.get(stream) ?? new Set();
      named.set(stream, messages.add(`${conversation}/${sequence}`));
    }
  }
}

/**
 * What the records of files say is what the events say, and every file that a message names is there with its bytes
 * (law B1).
 * @returns `records`, `bytes`: what is wrong with each, one line each; `named`: how many files a message names
 */
export async function checkFiles(
  log: ReadableLog,
  streams: readonly { readonly tenant: string; readonly id: string }[],
  due: NamedFiles,
  blobs: Pick<BlobStore, 'read'> | undefined,
): Promise<{
  readonly records: readonly string[];
  readonly bytes: readonly string[];
  readonly named: number;
}> {
  const records: string[] = [];
  const bytes: string[] = [];
  const reader = new FileReader(log);
  const missing = new Set(due.keys());
  for (const { tenant, id: hash } of streams) {
    const stream = fileStream(tenant, hash);
    missing.delete(stream);
    const expected = [...(due.get(stream) ?? [])].toSorted(byText).join();
    try {
      const { named } = await reader.of(tenant, hash);
      const found = [...named].flatMap(([id, all]) => [...all].map((each) => `${id}/${each}`));
      if (found.toSorted(byText).join() !== expected) {
        records.push(`${stream}: what names it is not what the events say`);
      }
    } catch (error) {
      records.push(`${stream}: ${reasonOf(error)}`);
    }
    if (expected === '') continue;
    const wrong = await problemOf(blobs, tenant, hash);
    if (wrong !== undefined) bytes.push(`${stream}: ${wrong}`);
  }
  records.push(
    ...[...missing].map((stream) => `${stream}: a message names it, and it has no record`),
  );
  return { records, bytes, named: due.size };
}

async function problemOf(
  blobs: Pick<BlobStore, 'read'> | undefined,
  tenant: string,
  hash: string,
): Promise<string | undefined> {
  if (blobs === undefined) return 'its bytes are not here';
  const digest = createHash('sha256');
  try {
    for await (const chunk of blobs.read(tenant, hash)) digest.update(chunk);
  } catch (error) {
    return reasonOf(error);
  }
  return digest.digest('hex') === hash ? undefined : 'its bytes have changed';
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
