export { StorageError, type StorageErrorCode } from './errors.ts';
export { deviceStatus } from './device-rules.ts';
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
export type { Guest, Registry, ResourceRecord } from './registry.ts';
export type { Identity, Store, StoreHealth } from './store.ts';
