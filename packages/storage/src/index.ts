export { StorageError, type StorageErrorCode } from './errors.ts';
export type { DeviceHistory, DeviceStore, DeviceUpdate, StoredDocument } from './device.ts';
export type { AppendResult, Log, LogEntry, LogRecord, Snapshot } from './log.ts';
export type { Guest, Registry, ResourceRecord } from './registry.ts';
export type { Identity, Store } from './store.ts';
