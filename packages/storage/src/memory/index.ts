import type { Store } from '../store.ts';
import { createMemoryBlobs } from './memory-blobs.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryRegistry } from './memory-registry.ts';
import { createMemoryTexts } from './memory-texts.ts';

/** A store that lives as long as its process. @param serverId its identity */
export async function openMemoryStore(serverId = 'memory'): Promise<Store> {
  const texts = createMemoryTexts();
  const log = createMemoryLog((stream, number, change) => texts.change(stream, number, change));
  return {
    log,
    texts,
    registry: createMemoryRegistry(),
    blobs: createMemoryBlobs(),
    identity: { serverId, epoch: 1 },
    close: async () => log.close(),
  };
}
