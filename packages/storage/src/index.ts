export type { BlobStore, StoredBlob } from './blobs.ts';
export { StorageError, type StorageErrorCode } from './errors.ts';
export type { DeviceFiles, KeptFile } from './device-files.ts';
export { KEEP, deviceStatus } from './device-rules.ts';
export type {
  DeviceEstimate,
  DeviceFailure,
  DeviceHistory,
  DeviceState,
  DeviceStatus,
  DeviceStore,
  DeviceUpdate,
  Quarantined,
  Rebuilt,
  StoredDocument,
  UnstoredUpdate,
} from './device.ts';
export {
  ADOPTED,
  type AppendResult,
  type Log,
  type LogEntry,
  type LogRecord,
  type Snapshot,
} from './log.ts';
export { foldUpdates } from './quiet-document.ts';
export type { Guest, Invite, Member, Registry, ResourceRecord } from './registry.ts';
export type { TextChange, TextFound, TextIndex, TextQuery } from './text-index.ts';
export type { CommitBatch, Identity, Store, StoreFile, StoreHealth } from './store.ts';
