export type * from './api.ts';
export type { DeviceFailure, DeviceState } from '@weft/storage';
export { deviceName } from './device-name.ts';
export { createWeft } from './weft.ts';
export {
  type DirectoryEntry,
  type ErrorCode,
  type Message,
  type MessageBody,
  type MessageRange,
  type TimelineItem,
  WeftError,
} from '@weft/protocol';
