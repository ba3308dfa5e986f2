export { SimDisk } from './sim/disk.ts';
export { SIM_EPOCH, type SimGlobals, installSimGlobals } from './sim/globals.ts';
export {
  type SimEndpoint,
  type SimLatency,
  type SimListener,
  SimNetwork,
  type SimTransport,
} from './sim/network.ts';
export type { SimTab } from './sim/idb-transaction.ts';
export { SimJottings } from './sim/jottings.ts';
export { SimIndexedDb, type StorageHealth } from './sim/indexeddb.ts';
export { type SimRandom, createRandom } from './sim/random.ts';
export { type Escaped, type RunEnd, type SimProcess, SimScheduler } from './sim/scheduler.ts';
export { shrink } from './sim/shrink.ts';
export type { Link, LinkEvents } from './sim/sim-link.ts';
export { SimSocket } from './sim/socket.ts';
export {
  type CommitPoint,
  type DiskHealth,
  type SimStoreOptions,
  openSimStore,
} from './sim/store.ts';
export { type StoreRecord, StoreTables } from './sim/store-tables.ts';
export { Trace } from './sim/trace.ts';
export { type HubTab, type TabHub, createTabHub } from './tab-hub.ts';
export { tabLocks } from './tab-locks.ts';
