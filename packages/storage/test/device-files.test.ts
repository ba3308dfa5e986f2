import { describeDeviceFilesContract } from '@weft/testkit/contracts';
import { type MemoryFilesDisk, openMemoryFiles } from '../src/device-memory/files.ts';

describeDeviceFilesContract('memory', async () => {
  const disk: MemoryFilesDisk = new Map();
  return { open: async () => openMemoryFiles(disk), dispose: async () => undefined };
});
