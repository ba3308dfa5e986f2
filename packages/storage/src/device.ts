import type { OutboxEntry } from '@weft/protocol';

/** What a device holds of one synced document. */
export interface StoredDocument {
  /** All updates, in the order they were kept; applying them in any order gives the document. */
  readonly updates: readonly Uint8Array[];
  /** How many local changes among them no server is known to have committed. */
  readonly unstored: number;
}

/** One update to keep. */
export interface DeviceUpdate {
  readonly document: string;
  readonly bytes: Uint8Array;
  /** `local`: made on this device, to be stored by the server. `remote`: came from the server. */
  readonly origin: 'local' | 'remote';
}

/** Which server's history `storedUpTo` marks speak of. */
export interface DeviceHistory {
  readonly serverId: string;
  readonly epoch: number;
}

/**
 * A person's storage on one device: one database per server, tenant and person. Opening writes nothing. Writes are
 * gathered per microtask into one transaction, one in flight; a promise resolves when its write is committed.
 */
export interface DeviceStore {
  /** Everything kept of a document; an unknown one is empty. */
  load(document: string): Promise<StoredDocument>;
  /** Keeps an update. Resolves when it survives a killed tab (law D2, *local*). */
  append(update: DeviceUpdate): Promise<void>;
  /**
   * The server committed the first `count` local changes of those not yet known as stored.
   * Losing this write is harmless: they are sent once more.
   */
  markStored(document: string, count: number): Promise<void>;
  /** The history that the stored marks belong to; `undefined` before the first welcome. */
  history(): Promise<DeviceHistory | undefined>;
  /** Names the history. When it differs from the one kept, every local change counts as not stored again. */
  setHistory(history: DeviceHistory): Promise<void>;
  /** The device's own id and its outbox, oldest entry first. */
  outbox(): Promise<readonly OutboxEntry[]>;
  /** Adds or replaces an entry, by its command's id. */
  putOutbox(entry: OutboxEntry): Promise<void>;
  deleteOutbox(id: string): Promise<void>;
  /** Small values: the device's id, counters, preferences. */
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Resolves when everything handed in so far is committed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
