import type { DeviceStore } from '../device.ts';

/** What is bundled for browsers always has a browser's storage, or is told that there is none: it loads no other. */
export const openProcessDevice: (() => DeviceStore) | undefined = undefined;
