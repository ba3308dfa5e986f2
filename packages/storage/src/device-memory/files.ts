import { WeftError } from '@weft/protocol';
import type { DeviceFiles } from '../device-files.ts';

/** What several stores on one medium share: tabs, or a reload. */
export type MemoryFilesDisk = Map<string, { readonly content: Blob; readonly at: number }>;

/** Files that live as long as their process. */
export function openMemoryFiles(disk: MemoryFilesDisk = new Map()): DeviceFiles {
  let closed = false;
  const here = async (): Promise<MemoryFilesDisk> => {
    if (closed) throw new WeftError('device-failed', 'This store is closed.');
    return disk;
  };
  return {
    put: async (hash, content, at) => {
      (await here()).set(hash, { content, at });
    },
    get: async (hash) => (await here()).get(hash)?.content,
    remove: async (hash) => {
      (await here()).delete(hash);
    },
    list: async () => [...(await here())].map(([hash, { at }]) => ({ hash, at })),
    close: async () => {
      closed = true;
    },
  };
}
