import type { Store } from '../store.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryRegistry } from './memory-registry.ts';

/** A store that lives as long as its process. @param serverId its identity */
export async function openMemoryStore(serverId = 'memory'): Promise<Store> {
  const log = createMemoryLog();
  return {
    log,
    registry: createMemoryRegistry(),
    identity: { serverId, epoch: 1 },
    close: async () => log.close(),
  };
}
