export { type MemoryDisk, createMemoryDisk, openMemoryDevice } from './device.ts';
