import type { DeviceStore } from '../device.ts';
import { openMemoryDevice } from '../device-memory/index.ts';

/** The store of a process that has no storage of a browser. */
export const openProcessDevice: (() => DeviceStore) | undefined = () => openMemoryDevice();
