import { describeDeviceStoreContract } from '@weft/testkit/contracts';
import { createMemoryDisk, openMemoryDevice } from '../src/device-memory/index.ts';

describeDeviceStoreContract('memory', async () => {
  const disk = createMemoryDisk();
  return {
    open: async () => openMemoryDevice(disk),
    // Numbers are given out once per record.
    writes: () => disk.next,
    dispose: async () => undefined,
  };
});
