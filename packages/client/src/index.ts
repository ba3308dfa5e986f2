export type * from './api.ts';
export type { DeviceFailure, DeviceState } from '@weft/storage';
export { deviceName } from './device-name.ts';
export { createWeft } from './weft.ts';
export {
  type DirectoryEntry,
  type ErrorCode,
  type FailedChange,
  type Message,
  type MessageBody,
  type MessageRange,
  type Pin,
  type Progress,
  type Reaction,
  type Receipt,
  type TimelineItem,
  type Unread,
  WeftError,
  isSafeLink,
  progressOf,
  seenBy,
} from '@weft/protocol';
