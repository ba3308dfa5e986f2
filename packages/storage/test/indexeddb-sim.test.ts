import { describeDeviceStoreContract } from '@weft/testkit/contracts';
import { SimIndexedDb, type SimTab, createRandom } from '@weft/testkit/sim';
import { openIndexedDbDevice } from '../src/indexeddb/index.ts';

describeDeviceStoreContract('IndexedDB, simulated', async () => {
  const browser = new SimIndexedDb();
  const random = createRandom('contract');
  const tab: SimTab = {
    later: (_ms, run) => void setImmediate(run),
    alive: () => true,
    random,
  };
  return {
    open: async () =>
      openIndexedDbDevice({
        name: 'weft-test',
        env: {
          factory: browser.factory(tab),
          timer: (_ms, fire) => {
            const timer = setTimeout(fire, 10_000);
            return () => clearTimeout(timer);
          },
          locks: undefined,
          jottings: undefined,
        },
      }),
    dispose: async () => undefined,
  };
});
