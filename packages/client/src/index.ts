export type * from './api.ts';
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
