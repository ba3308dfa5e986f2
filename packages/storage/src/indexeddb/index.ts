export { type IndexedDbDeviceOptions, openIndexedDbDevice } from './device.ts';
