export type * from './api.ts';
export type { DeviceEstimate, DeviceFailure, DeviceState } from '@weft/storage';
export { deviceName } from './device-name.ts';
export { loadParts } from './parts.ts';
export { NO_HISTORY } from './talk.ts';
export { createWeft } from './weft.ts';
export {
  type Direct,
  type DirectConversation,
  type DirectoryEntry,
  type ErrorCode,
  type FailedChange,
  type Member,
  type Message,
  type MessageBody,
  type MessageRange,
  type PersonPresence,
  type Pin,
  type Progress,
  type Reaction,
  type Receipt,
  type StoredItem,
  type TimelineItem,
  type Unread,
  type WaitingItem,
  WeftError,
  isSafeLink,
  progressOf,
  threadId,
  seenBy,
} from '@weft/protocol';
