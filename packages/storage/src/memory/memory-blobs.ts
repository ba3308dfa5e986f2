import { createHash } from 'node:crypto';
import { type BlobStore, type StoredBlob, checkBlobName, noSuchBlob, wrongHash } from '../blobs.ts';

/** Files that live as long as their process: for tests. */
export function createMemoryBlobs(): BlobStore {
  const kept = new Map<string, { readonly blob: StoredBlob; readonly content: Uint8Array }>();
  const keyOf = (tenant: string, hash: string) => {
    checkBlobName(tenant, hash);
    return `${tenant}/${hash}`;
  };
  return {
    put: async (tenant, hash, chunks, at) => {
      const key = keyOf(tenant, hash);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(new Uint8Array(chunk));
      const content = new Uint8Array(Buffer.concat(parts));
      if (createHash('sha256').update(content).digest('hex') !== hash) throw wrongHash(hash);
      kept.set(key, { blob: { tenant, hash, bytes: content.length, at }, content });
      return content.length;
    },
    find: async (tenant, hash) => kept.get(keyOf(tenant, hash))?.blob,
    read: async function* (tenant, hash, length) {
      const found = kept.get(keyOf(tenant, hash));
      if (found === undefined) throw noSuchBlob(hash);
      yield found.content.slice(0, length);
    },
    list: async function* () {
      for (const { blob } of kept.values()) yield blob;
    },
    remove: async (tenant, hash) => {
      kept.delete(keyOf(tenant, hash));
    },
  };
}
