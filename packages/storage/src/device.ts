import type { OutboxEntry } from '@weft/protocol';

/** What a device holds of one synced document. */
export interface StoredDocument {
  /** All updates, in the order they were kept; applying them in any order gives the document. */
  readonly updates: readonly Uint8Array[];
  /** Local changes ever kept among them. */
  readonly local: number;
  /** How many of these no server is known to have committed. */
  readonly unstored: number;
  /** Numbers of the records that hold the unstored ones, for `markStored`. */
  readonly unstoredRecords: readonly number[];
  /** Those records themselves, in the same order; their bytes are among `updates`. */
  readonly unstoredUpdates: readonly UnstoredUpdate[];
  /** What could not be read of it, and is in quarantine since: present when there was any. The rest is above. */
  readonly damaged?: readonly Quarantined[];
}

/** A record with local changes that no server is known to have committed. */
export interface UnstoredUpdate {
  readonly record: number;
  readonly bytes: Uint8Array;
  /** How many local changes the bytes hold. */
  readonly changes: number;
}

/** Work that no server will ever take, or that cannot be read: kept on the device until the person discards it. */
export interface Quarantined {
  /** Unique on the device. */
  readonly id: string;
  readonly document: string;
  /** Why: a code of the protocol's error table, and its words. */
  readonly code: string;
  readonly message: string;
  /** The device's clock, UTC milliseconds. */
  readonly at: number;
  /** What a person can read of it. */
  readonly text: string;
  /** All of it, as an update; it may build on what no server has. */
  readonly bytes: Uint8Array;
}

/** What takes the place of what a device holds of a document. */
export interface Rebuilt {
  /** The document as the server has it. */
  readonly state: Uint8Array;
  /** Records with unstored changes that go; others of their kind stay. */
  readonly remove: readonly number[];
  /** Local changes that were made again, in order: each becomes a record with unstored changes. */
  readonly local: readonly { readonly bytes: Uint8Array; readonly changes: number }[];
  readonly quarantine: readonly Quarantined[];
}

/** One update to keep. */
export interface DeviceUpdate {
  readonly document: string;
  readonly bytes: Uint8Array;
  /** `local`: made on this device, to be stored by the server. `remote`: came from the server. */
  readonly origin: 'local' | 'remote';
  /** How many local changes the bytes hold, where several were gathered; 1 unless said, 0 for remote ones. */
  readonly changes?: number;
}

/** Why a device keeps nothing for now. */
export type DeviceFailure =
  /** The browser has no storage for this page. */
  | 'forbidden'
  /** It was asked to open the storage, and does not answer. */
  | 'unanswered'
  /** Another tab holds an older version of the database open, and does not let go. */
  | 'other-tab'
  /** A newer version of the app made the database what it is: this one must not touch it. */
  | 'newer'
  /** The database lacks a part of itself. */
  | 'damaged'
  /** The browser gives no more room, also after all that could be freed was. */
  | 'full'
  /** Writes fail for another reason. */
  | 'failing';

/** Whether what is handed in now survives the tab. */
export type DeviceState =
  /** Nothing was asked of the medium yet. */
  | { readonly state: 'opening' }
  | { readonly state: 'durable' }
  /** Calls reject: what a client has is in its memory only. Each call is one more try. */
  | { readonly state: 'memory-only'; readonly reason: DeviceFailure };

/** A state that can be watched: `get` returns the same object until it changes. */
export interface DeviceStatus {
  get(): DeviceState;
  /** Calls back after each change; returns the unsubscribe. */
  subscribe(listener: () => void): () => void;
}

/** What the browser says of its room, in bytes. */
export interface DeviceEstimate {
  readonly usage: number;
  readonly quota: number;
  /** Whether the browser has promised not to clear it by itself. */
  readonly persistent: boolean;
}

/** Which server's history the marks of `markStored` speak of. */
export interface DeviceHistory {
  readonly serverId: string;
  readonly epoch: number;
}

/**
 * A person's storage on one device: one database per server, tenant and person, shared by all their tabs. Opening
 * writes nothing. Calls take effect in the order they were made; writes are gathered per microtask into one
 * transaction, one in flight; a promise resolves when its write is committed and rejects with a WeftError
 * `device-failed` when it was not. No method throws.
 */
export interface DeviceStore {
  /** Whether calls succeed just now. */
  readonly status: DeviceStatus;
  /** Everything kept of a document; an unknown one is empty. What cannot be read is told of, and set aside. */
  load(document: string): Promise<StoredDocument>;
  /**
   * Keeps an update. Resolves with its record's number when it survives a killed tab (law D2, *local*). A function is
   * asked once, when its record is about to be written: what came while it waited goes into the same record.
   */
  append(update: DeviceUpdate | (() => DeviceUpdate)): Promise<number>;
  /**
   * Writes local changes down within the call, where the end of the page loses nothing, until `append` has committed them:
   * whoever opens the store next finds what was not. Returns what erases it. It promises nothing: only `append` does.
   */
  jot(update: DeviceUpdate): () => void;
  /**
   * The server committed what these records hold. Records are named, not counted: two tabs may hear of the same
   * commit, and a count would then mark changes that nobody has sent. Losing this write is harmless: they are sent
   * once more. Unknown numbers are ignored.
   */
  markStored(document: string, records: readonly number[]): Promise<void>;
  /** Names of the documents with local changes that no server is known to have committed, sorted. */
  pending(): Promise<readonly string[]>;
  /** Names that begin with a prefix, of the documents of which anything is kept, sorted. */
  documents(prefix: string): Promise<readonly string[]>;
  /**
   * The same names, each with what differs whenever the content that is kept of the document does: whoever made something
   * of it knows whether that still holds.
   */
  versions(prefix: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Replaces all records of a document except those with unstored changes by one, in one transaction. `merge` is
   * called with their bytes, and not at all when fewer than two are found.
   */
  fold(document: string, merge: (updates: readonly Uint8Array[]) => Uint8Array): Promise<void>;
  /**
   * Replaces what is kept of a document, in one transaction: every record without unstored changes goes, and those that
   * are named; the state, the local changes and the quarantined ones come. `make` is called once, with the numbers of
   * the document's records with unstored changes: what another tab has dealt with meanwhile is not among them any more.
   * When it returns nothing, or throws, everything stays. Resolves with the numbers of the local records.
   */
  rebuild(
    document: string,
    make: (unstored: ReadonlySet<number>) => Rebuilt | undefined,
  ): Promise<readonly number[]>;
  /**
   * Removes all that is kept of a document: the server has it, and gives it again when it is opened.
   * Rejects with `not-stored`, and removes nothing, when a local change in it is not known to be stored.
   */
  evict(document: string): Promise<void>;
  /** Everything in quarantine, oldest first. */
  quarantined(): Promise<readonly Quarantined[]>;
  /** Removes from quarantine. Unknown ids are ignored. */
  discard(id: string): Promise<void>;
  /** The history that the stored marks belong to; `undefined` before the first welcome. */
  history(): Promise<DeviceHistory | undefined>;
  /**
   * Names the history. When one was kept and differs, every local change counts as not stored again, and what only
   * the server writes (`conversation/…`) is removed: its sequences may mean other messages now.
   */
  setHistory(history: DeviceHistory): Promise<void>;
  /**
   * The outbox; the entries of one conversation in the order of their counters. What `isEntry` does not take for one is
   * damaged: it is set aside.
   */
  outbox(isEntry: (value: unknown) => value is OutboxEntry): Promise<readonly OutboxEntry[]>;
  /** How many entries lie in the outbox; nobody looks at them. */
  outboxSize(): Promise<number>;
  /**
   * Adds an entry with the next counter of a conversation (dense from 1, across tabs and reloads), in one
   * transaction. An entry named by `replaces` is removed in the same.
   */
  enqueue(
    conversation: string,
    make: (counter: number) => OutboxEntry,
    replaces?: string,
  ): Promise<OutboxEntry>;
  /** Replaces an entry if it is still there: one that another tab removed must not reappear. */
  replaceOutbox(entry: OutboxEntry): Promise<void>;
  deleteOutbox(id: string): Promise<void>;
  /** Small values: the device's id, preferences. */
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Sets a value unless there is one; resolves with the one that counts, so that two tabs agree. */
  claim(key: string, value: string): Promise<string>;
  /** What there is room for; nothing where that is not known. */
  estimate(): Promise<DeviceEstimate | undefined>;
  /** Asks the browser not to clear this storage by itself; the person may be asked. Resolves with its answer. */
  requestPersist(): Promise<boolean>;
  /** Resolves when everything handed in so far is committed or has failed. */
  flush(): Promise<void>;
  /** Finishes what was handed in and releases the medium; later calls reject. Idempotent. */
  close(): Promise<void>;
}
