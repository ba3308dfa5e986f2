/**
 * Contract suites over the storage ports, to be called in a vitest file of the adapter. Apart from the rest of the
 * kit, so that only test runs load vitest.
 */
export { describeBlobContract } from './contracts/blobs.ts';
export { describeLogContract } from './contracts/log.ts';
export type { MakeMedium, StoreMedium } from './contracts/medium.ts';
export { describeRegistryContract } from './contracts/registry.ts';
export { describeStoreContract } from './contracts/store.ts';
export { describeTextIndexContract } from './contracts/texts.ts';
export { type FilesMedium, describeDeviceFilesContract } from './device-files-contract.ts';
export {
  type DeviceMedium,
  type MakeDeviceMedium,
  describeDeviceStoreContract,
} from './device-store-contract.ts';
