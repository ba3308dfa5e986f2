import type {
  DirectoryEntry,
  ErrorCode,
  MessageBody,
  Receipt,
  TimelineItem,
  Unread,
} from '@weft/protocol';
import type { DeviceState, DeviceStore } from '@weft/storage';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';

/** The public face of @weft/client. */

/** The connection, as a person would ask for it. */
export type ConnectionStatus =
  /** `code`: the server was reached, and this is why it ended the connection; it is tried again by itself. */
  | { readonly state: 'offline'; readonly code?: ErrorCode }
  | { readonly state: 'connecting'; readonly code?: ErrorCode }
  | { readonly state: 'online' }
  /** The server speaks another version of the protocol: reload to get the app that fits. */
  | { readonly state: 'outdated' }
  /** The sign-in is no longer valid; what is on the device stays readable and editable. */
  | { readonly state: 'revoked'; readonly code: ErrorCode };

/** Where a document's newest local change is. `waiting` counts local changes the server is not known to have. */
export type DocumentStatus =
  | { readonly state: 'unsaved'; readonly waiting: number }
  | { readonly state: 'local'; readonly waiting: number }
  | { readonly state: 'stored'; readonly waiting: 0 };

/** Whether the server lets this person have the document. */
export type DocumentAccess =
  | { readonly state: 'unknown' }
  | { readonly state: 'editor' }
  | { readonly state: 'reader' }
  | { readonly state: 'denied'; readonly code: ErrorCode };

/** A value that changes: `get` is cheap and returns the same object until it changes (fits `useSyncExternalStore`). */
export interface Observable<T> {
  get(): T;
  /** Calls back after each change; returns the unsubscribe. */
  subscribe(listener: () => void): () => void;
}

/** What could not be kept. It is no part of the document any more; it stays on this device until it is discarded. */
export interface Refusal {
  readonly id: string;
  readonly document: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** This device's clock, UTC milliseconds. */
  readonly at: number;
  /** What can be read of it; empty where nothing was written, or nothing can be read. */
  readonly text: string;
  /** All of it, as a Yjs update. It may build on what no server has. */
  readonly bytes: Uint8Array;
}

/**
 * Which copy of a document a handle holds. A new one comes from the server when work was refused for good (without it,
 * and with all that is innocent), or when the copy turned out to read differently from the server's.
 */
export interface DocumentCopy {
  /** Rises by one with each new copy. */
  readonly number: number;
  readonly because: 'opened' | 'refused' | 'diverged';
}

export interface DocumentHandle {
  readonly id: string;
  /** The document; another one after each change of `copy`. What is written into a former one goes nowhere. */
  readonly doc: Y.Doc;
  /** Presence in it; another one after each change of `copy`. */
  readonly awareness: Awareness;
  /** Whoever shows `doc` takes it anew when this changes. Undo goes with the former copy. */
  readonly copy: Observable<DocumentCopy>;
  /** Resolves when what the device holds is in `doc`: before any network, and also when the device holds nothing. */
  readonly loaded: Promise<void>;
  /** Resolves at the first time that `doc` has everything the server had when it was asked. */
  readonly synced: Promise<void>;
  /** `loading` (device), `local` (device read, server not yet heard), `synced`. */
  readonly phase: Observable<'loading' | 'local' | 'synced'>;
  readonly status: Observable<DocumentStatus>;
  readonly access: Observable<DocumentAccess>;
  /** Stops syncing this handle when its last holder closed it. Each `weft.document(id)` is one holder. Idempotent. */
  close(): void;
}

export interface WorkspaceHandle extends DocumentHandle {
  readonly entries: Observable<readonly DirectoryEntry[]>;
  /** Adds a document or a channel at the end; returns its new id. */
  create(kind: DirectoryEntry['kind'], title: string): string;
  rename(id: string, title: string): void;
}

export interface ConversationHandle {
  readonly id: string;
  /** What to show: stored messages in sequence, then what waits to be sent. */
  readonly timeline: Observable<readonly TimelineItem[]>;
  readonly phase: Observable<'loading' | 'local' | 'synced'>;
  readonly access: Observable<DocumentAccess>;
  readonly loaded: Promise<void>;
  /**
   * Queues a message on this device. Resolves with its id when it survives a killed tab.
   * @param options `reply`: the id of the stored message that this one answers
   * @throws WeftError what the server would refuse for ever (`message-empty`, `message-too-long`, `link-forbidden`, …);
   *   `not-stored` when the message that it answers has no sequence yet
   */
  send(body: MessageBody | string, options?: { readonly reply?: string }): Promise<string>;
  /**
   * Changes to a stored message, by its id. Each is queued like a message, shown at once, and resolves with an id of
   * its own. One that the server refuses is listed at its message (`failed`) until `retry` or `dismiss`.
   * @throws WeftError `not-stored` when the message has no sequence yet
   */
  edit(id: string, body: MessageBody | string): Promise<string>;
  delete(id: string): Promise<string>;
  react(id: string, emoji: string): Promise<string>;
  unreact(id: string, emoji: string): Promise<string>;
  pin(id: string): Promise<string>;
  unpin(id: string): Promise<string>;
  /**
   * Sends what failed again, under a new id.
   * @param body what to say instead, where a message or an edit failed
   * @throws WeftError `not-found` when nothing failed under that id
   */
  retry(id: string, body?: MessageBody | string): Promise<void>;
  /** Removes what failed. */
  dismiss(id: string): Promise<void>;
  /**
   * How far each member has got; this person and those who never opened it included or absent, as the server knows them.
   * `progressOf(receipts, message)` is `stored`, `delivered` or `read`; `seenBy(receipts, message)` lists who read it.
   */
  readonly receipts: Observable<readonly Receipt[]>;
  /** What this person has not read, each message with the reason why it counts. */
  readonly unread: Observable<Unread>;
  /**
   * Everything up to this message (without one, everything that is here) was read. Call it only from a view that is
   * visible and has the focus: others are shown it. Kept on the device, also without a network; it never goes back.
   * @throws WeftError `not-stored` for a message without a sequence
   */
  markRead(id?: string): void;
  close(): void;
}

/** A token, or how to get one: asked afresh at each attempt to connect. */
export type TokenSource = string | (() => Promise<string> | string);

/** A socket as browsers and `ws` have it; the simulator brings its own. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** Clock, timers, random and sockets: whoever tests or simulates the client owns them. */
export interface Environment {
  /** UTC milliseconds. */
  now(): number;
  /** Uniform in [0, 1). Each client needs draws of its own: documents take their client ids from here. */
  random(): number;
  /** Calls back after `ms`; returns the cancel. */
  timer(ms: number, fire: () => void): () => void;
  /** Runs something when nothing more urgent is to be done; returns the cancel. Without it, it is run at once. */
  idle?(run: () => void): () => void;
  socket(url: string): SocketLike;
  /** Calls back when an attempt to connect is worth making now (`online`, focus); returns the unsubscribe. */
  onHurry(hurry: () => void): () => void;
  /** What all tabs that name it hear of each other; a tab does not hear itself. Without it a client is alone. */
  channel?(
    name: string,
    receive: (data: unknown) => void,
  ): { post(data: Uint8Array<ArrayBuffer>): void; close(): void };
  /**
   * Calls back when this tab alone holds the lock of a name; returns what gives it up, or stops asking. The lock of a
   * tab that ends, in whatever way, goes to the next.
   */
  lock?(name: string, held: () => void): () => void;
}

export interface WeftOptions {
  /** `ws://host/sync` or `wss://…`; `http(s)` is taken as `ws(s)`. */
  readonly url: string;
  readonly token: TokenSource;
  /** The signed-in person's `sub` and name, known before any network: names the device's database and own messages. */
  readonly person?: { readonly sub: string; readonly name: string; readonly tenant?: string };
  /** Where the device keeps everything; default: IndexedDB in browsers, memory elsewhere. */
  readonly store?: DeviceStore;
  /**
   * Names what tabs of one device share, where `store` is given: clients with one name in one origin must be on one
   * store. Default: the name of the default store; a client with a store of its own is alone.
   */
  readonly tabs?: string;
  readonly env?: Partial<Environment>;
  /** `false` leaves the client offline until `connect()`. */
  readonly connect?: boolean;
}

export interface Weft {
  readonly connection: Observable<ConnectionStatus>;
  /** Documents with local changes that are not stored: open ones, and those still being sent after their last close. */
  readonly pending: Observable<number>;
  /** Whether what is made now survives the tab, and why not. While it does not, the server still gets it. */
  readonly storage: Observable<DeviceState>;
  /** What could not be kept, newest last: also of earlier sessions, until it is discarded. */
  readonly refusals: Observable<readonly Refusal[]>;
  /** Removes a refusal, and what it kept, from this device. Resolves when it is gone; unknown ids are ignored. */
  discard(id: string): Promise<void>;
  document(id: string): DocumentHandle;
  conversation(id: string): ConversationHandle;
  workspace(id: string): WorkspaceHandle;
  connect(): void;
  disconnect(): void;
  /** Resolves when everything typed so far is on the device. */
  flush(): Promise<void>;
  /** Closes handles, socket and store. Idempotent. */
  close(): Promise<void>;
}
