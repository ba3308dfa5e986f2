export { type DeviceEnvironment, type Presence } from './environment.ts';
export { type IndexedDbDeviceOptions, openIndexedDbDevice } from './device.ts';
export {
  type LostWork,
  type YIndexeddbImport,
  type YIndexeddbImportOptions,
  importFromYIndexeddb,
} from './import-y-indexeddb.ts';
