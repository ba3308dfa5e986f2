import { describeDeviceFilesContract } from '@weft/testkit/contracts';
import { openIndexedDbFiles } from '../src/indexeddb/files.ts';

let databases = 0;

describeDeviceFilesContract('IndexedDB', async () => {
  const name = `weft-files-test-${(databases += 1)}`;
  return {
    open: async () => openIndexedDbFiles({ name }),
    dispose: () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error ?? new Error('It could not be deleted.'));
      }),
  };
});
