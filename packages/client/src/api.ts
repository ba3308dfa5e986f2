import type {
  DirectConversation,
  DirectoryEntry,
  Down,
  ErrorCode,
  FailedChange,
  Member,
  MessageBody,
  PersonPresence,
  Receipt,
  StoredItem,
  TimelineItem,
  Unread,
  WaitingItem,
} from '@weft/protocol';
import type { DeviceEstimate, DeviceFiles, DeviceState, DeviceStore } from '@weft/storage';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { SearchWorker } from './search/worker-messages.ts';

/** The public face of @weft/client. */

/** The connection, as a person would ask for it. */
export type ConnectionStatus =
  /** `code`: the server was reached, and this is why it ended the connection; it is tried again by itself. */
  | { readonly state: 'offline'; readonly code?: ErrorCode }
  | { readonly state: 'connecting'; readonly code?: ErrorCode }
  /**
   * The server said when to come back, and `code` says why; it is tried again by itself at `until` (this device's clock,
   * UTC milliseconds), or sooner when the person comes back to the page.
   */
  | { readonly state: 'waiting'; readonly until: number; readonly code: ErrorCode }
  /**
   * The server is full, and this client stands in its line: its place from 1, and the milliseconds that this
   * may take, where they are known. Told anew as it moves, and every 10 s; it is let in by itself.
   */
  | { readonly state: 'queued'; readonly position: number; readonly wait?: number }
  | { readonly state: 'online' }
  /** The server speaks a newer version of the protocol: reload to get the app that fits. All access is `outdated`. */
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
  /** Writes, and gives rights to others. */
  | { readonly state: 'owner' }
  | { readonly state: 'editor' }
  /** Reads it, and writes in the conversation beside it. */
  | { readonly state: 'commenter' }
  | { readonly state: 'reader' }
  /**
   * The server does not speak with this version of the app: it may be read until a reload. What was not sent stays on the
   * device, and the version that fits sends it.
   */
  | { readonly state: 'outdated' }
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

/** Who is in a workspace, as far as the server says. */
export interface WorkspacePresence {
  /** How many are online or idle, over all of their devices each once; this person is one of them. */
  readonly present: number;
  /** Everybody who is there or was lately; empty where more than 300 are present, and while the server is away. */
  readonly people: readonly PersonPresence[];
}

export interface WorkspaceHandle extends DocumentHandle {
  /** Who else has this workspace open, online or idle, and who had it when. */
  readonly presence: Observable<WorkspacePresence>;
  readonly entries: Observable<readonly DirectoryEntry[]>;
  /** Adds a document or a channel at the end; returns its new id. */
  create(kind: DirectoryEntry['kind'], title: string): string;
  rename(id: string, title: string): void;
  /** Puts an entry away (`archived`), and takes it out again. It stays what it is, for all. */
  archive(id: string): void;
  restore(id: string): void;
  /** Puts an entry in front of another one of its kind, or at the end. */
  move(id: string, before?: string): void;
}

/** Where this person is in a conversation. What is on its way is kept on the device, like a message. */
export type OwnMembership =
  | { readonly state: 'in' }
  | { readonly state: 'out' }
  | { readonly state: 'joining' }
  | { readonly state: 'leaving' }
  /** The server refused it for good; `in` says how it is. `retry` and `dismiss` take the `id`. */
  | {
      readonly state: 'failed';
      readonly id: string;
      readonly action: 'join' | 'leave';
      readonly in: boolean;
      readonly code: string;
      readonly reason: string;
    };

/** Who is in a conversation. */
export interface ConversationMembers {
  /** As the server has it, who came first at the start. A name is empty where the server does not know it. */
  readonly members: readonly Member[];
  readonly own: OwnMembership;
}

/** Somebody who is typing in a conversation. */
export interface Typist {
  readonly person: string;
  /** The authenticated name. */
  readonly name: string;
}

/** A comment thread of a document. */
export interface DocumentThread {
  /** A ULID; the mark in the document holds it too. */
  readonly anchor: string;
  /** The id of its conversation. */
  readonly conversation: string;
  /** Text of the document that it is about, as that was; empty for the document as a whole. */
  readonly quote: string;
  /** Who began it; the name is empty while the server has not said it. */
  readonly by: string;
  readonly name: string;
  /** UTC milliseconds of the server's commit; of this device's clock while it is queued. */
  readonly at: number;
  /** Who called it settled, and when; absent while it is open. This device's own changes are shown as done. */
  readonly resolved?: { readonly by: string; readonly name: string; readonly at: number };
  /** `queued`: it waits on this device to be listed. `failed`: the server will not list it. */
  readonly state: 'stored' | 'queued' | 'failed';
  /** What was refused of it, for `retry` and `dismiss` of the conversation that lists it; absent where nothing was. */
  readonly failed?: readonly FailedChange[];
}

/** A conversation of any length, at one moment: what a view draws of it. */
export interface History {
  /** The stored messages there are, here or not: sequences 1 … `length`. */
  readonly length: number;
  /** From this sequence on all of them are here. */
  readonly first: number;
  /** The message with a sequence; `undefined` where it is not here: `hold` brings it. One object while it says the same. */
  at(sequence: number): StoredItem | undefined;
  /** The sequence of a stored message that is here. */
  sequenceOf(id: string): number | undefined;
  /** What waits to be sent, behind all others. */
  readonly waiting: readonly WaitingItem[];
  /** Those that are pinned, of the messages that are here. */
  readonly pinned: readonly StoredItem[];
  /** Sequences of pinned messages that are not here: `hold` brings them. */
  readonly pinnedElsewhere: readonly number[];
}

/** Whether a conversation is kept on this device, all of it. */
export type Keeping =
  | { readonly state: 'off' }
  /** Segments that are here, of those there are. It goes on when there is a connection. */
  | { readonly state: 'fetching'; readonly have: number; readonly of: number }
  | { readonly state: 'kept' };

/** A file to be sent. A browser's `File` has both: `{ name: file.name, content: file }`. */
export interface NewFile {
  /** Characters that no name may have are replaced. */
  readonly name: string;
  readonly content: Blob;
}

/** How far a file is on its way to the server, in bytes. */
export interface FileProgress {
  readonly sent: number;
  readonly bytes: number;
}

/** A file that goes over HTTP. */
export interface FileRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly token: string;
  readonly type?: string;
  readonly body?: Blob;
  /** Told of the bytes that are sent, where that is known. */
  readonly sent?: (bytes: number) => void;
}

export interface FileAnswer {
  readonly status: number;
  readonly body: Blob;
}

export interface ConversationHandle {
  readonly id: string;
  /**
   * What to show: stored messages in sequence, then what waits to be sent. It begins with the first message, or further
   * on in a conversation of more than 512: `hold` brings what is older.
   */
  readonly timeline: Observable<readonly TimelineItem[]>;
  /** The same for a view that shows a part of it; another object after each change. */
  readonly history: Observable<History>;
  /**
   * Brings the messages from one sequence to another, from the device and from the server, and keeps them here until the
   * returned function was called.
   */
  hold(first: number, last: number): () => void;
  /**
   * The sequence of the first message at or after an instant (UTC milliseconds of the server's commit); of the newest
   * where there is none, 0 where there are no messages. Without a network, only what is on the device is asked.
   */
  sequenceAt(at: number): Promise<number>;
  readonly keeping: Observable<Keeping>;
  /**
   * Whether this device shall hold all of it, for when there is no network. Remembered on the device. What is here stays
   * when the wish is taken back, until the device needs the room.
   */
  keep(wish: boolean): void;
  /** How many messages there are, and about how many bytes all of them take, judged by those that are here. */
  takes(): { readonly messages: number; readonly bytes: number };
  readonly phase: Observable<'loading' | 'local' | 'synced'>;
  readonly access: Observable<DocumentAccess>;
  readonly loaded: Promise<void>;
  /**
   * Queues a message on this device. Resolves with its id when it survives a killed tab.
   * @param options `reply`: the id of the stored message that this one answers; `files`: what it carries, kept on this device
   *   before it and brought to the server before it is sent
   * @throws WeftError what the server would refuse for ever (`message-empty`, `message-too-long`, `link-forbidden`, …);
   *   `not-stored` when the message that it answers has no sequence yet
   */
  send(
    body: MessageBody | string,
    options?: { readonly reply?: string; readonly files?: readonly NewFile[] },
  ): Promise<string>;
  /** By hash: the files that this tab is bringing to the server now, of all conversations. */
  readonly uploads: Observable<ReadonlyMap<string, FileProgress>>;
  /**
   * The bytes of a file that a message here names: from this device while it waits, else from the server, through the
   * browser's cache. Its type is what the server says it is.
   * @throws WeftError (rejects) `not-found`; `device-failed` when the server cannot be reached
   */
  openFile(hash: string): Promise<Blob>;
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
  /** Who is in. Beside a document, and in a thread, nobody is: there the document's rights say it. */
  readonly members: Observable<ConversationMembers>;
  /**
   * Comes into a channel, and leaves it: a line in it for everybody. Queued like a message; asking for what is so
   * already changes nothing.
   * @returns an id of its own, as changes have
   */
  join(): Promise<string>;
  leave(): Promise<string>;
  /** The comment threads of the document that this conversation is beside, the newest first. */
  readonly threads: Observable<readonly DocumentThread[]>;
  /**
   * Begins a comment thread of that document: listed here, with a first message in a conversation of its own. Both are
   * queued on this device in one turn.
   * @param options `quote`: text of the document that it is about; put on one line, and cut to 280 units
   * @throws WeftError as `send`; `name-invalid` where the document's id is too long for a thread (94 characters)
   */
  startThread(
    body: MessageBody | string,
    options?: { readonly quote?: string },
  ): Promise<{ readonly anchor: string; readonly conversation: string }>;
  /** Calls a thread settled, for everybody, and takes that back. Queued like a message. Returns an id, as changes have. */
  resolveThread(anchor: string): Promise<string>;
  reopenThread(anchor: string): Promise<string>;
  /** Others who are typing here just now, ordered by their `sub`. */
  readonly typing: Observable<readonly Typist[]>;
  /**
   * Others are shown that this person types: call it with each key, and with `false` when what was typed is gone. Sending
   * says that by itself, and so do four seconds without a call.
   */
  setTyping(types: boolean): void;
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
  /** The subprotocol that the server chose. Without one, or with none, frames stand for themselves. */
  readonly protocol?: string;
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
  /** @param protocol the subprotocol to offer: with it a cut costs what was missed, and nothing is compared anew */
  socket(url: string, protocol: string): SocketLike;
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
  /**
   * Asks a server by HTTP (GET); rejects where it cannot be reached. Default: the platform's `fetch`, but where `socket` is
   * brought along: then searches stay on the device.
   */
  readonly request?: (
    url: string,
    options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ) => Promise<{ readonly status: number; readonly text: string }>;
  /**
   * Starts `@weft/client/search-worker`, in which what is on the device is searched. Only an app's own build knows the
   * address of a worker; without one the page searches by itself, and reads all segments again in each page's life.
   */
  readonly searchWorker?: () => SearchWorker;
  /** Sends or fetches a file; rejects when there was no answer. Default: the platform's HTTP. */
  transfer?(request: FileRequest): Promise<FileAnswer>;
}

/** A message that was found. */
export interface SearchHit {
  readonly conversation: string;
  readonly id: string;
  readonly sequence: number;
  /** The author's `sub`, and their name when they sent it. */
  readonly author: string;
  readonly name: string;
  /** UTC milliseconds of the server's commit. */
  readonly at: number;
  readonly text: string;
  /** Where it is: on this device, or on the server alone. */
  readonly from: 'device' | 'server';
}

/** What was searched, and what was found there so far. */
export interface SearchResults {
  /** Each message once, the newest first. */
  readonly hits: readonly SearchHit[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
  /** What is looked for, for `findWords` of @weft/protocol; none before the search began. */
  readonly words: readonly string[];
  /** `have` of `of` parts of conversations (512 messages each) on this device have been searched. */
  readonly device:
    | { readonly state: 'searching' | 'searched'; readonly have: number; readonly of: number }
    | { readonly state: 'failed'; readonly code: ErrorCode };
  /** `searched`: all that this person may read. `offline`: it is asked when there is a connection. */
  readonly server:
    | { readonly state: 'searching' }
    | { readonly state: 'searched' }
    | { readonly state: 'offline' }
    | { readonly state: 'failed'; readonly code: ErrorCode };
}

export interface SearchOptions {
  /** Hits at most; 50. */
  readonly limit?: number;
  /** Only in this one. */
  readonly conversation?: string;
}

/** A search under way. */
export interface Search {
  readonly results: Observable<SearchResults>;
  /** Nothing more is searched. Idempotent. */
  close(): void;
}

/**
 * Follows work from here to the server and to readers: `createClientTracing` of `@weft/client/tracing` makes one for a
 * tracer of OpenTelemetry. All of it is told of what leaves and arrives, and nothing waits for it.
 */
export interface ClientTracing {
  /** A frame leaves. Returns it, or one that names the trace of the write that it carries. */
  frame(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** A command or a mark leaves, perhaps once more. Returns it, with the trace of a command. */
  message<T extends { readonly type: string }>(message: T): T;
  /** A message of the server's own arrived. */
  heard(message: Down): void;
  /** The connection is over: what was on its way is compared, and leaves anew. */
  lost(): void;
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
  /** Without it, nothing is traced. */
  readonly tracing?: ClientTracing;
  /** Where the device keeps files that wait to be sent; default: IndexedDB in browsers, memory elsewhere. */
  readonly files?: DeviceFiles;
  /** Bytes of a file that is taken, as far as this client decides; default 25 MiB, as the server's. */
  readonly maxFileBytes?: number;
  /** `false` leaves the client offline until `connect()`. */
  readonly connect?: boolean;
}

/** Where the device keeps things: its state, its room, and what may go. */
export interface DeviceStorage extends Observable<DeviceState> {
  /** Bytes used and granted, of all that this origin keeps; nothing where the browser does not tell. */
  estimate(): Promise<DeviceEstimate | undefined>;
  /** Asks the browser not to clear it by itself; some ask the person. Resolves with the answer. */
  requestPersist(): Promise<boolean>;
  /** Ids of the documents of which the device keeps anything. Rejects with `device-failed` when it cannot be read. */
  documents(): Promise<readonly string[]>;
  /**
   * Removes a document, and the conversation beside it, from this device; the server gives them again when they are opened.
   * Another tab that has it open puts it back.
   * @throws WeftError (rejects) `not-stored` while the server lacks anything of it, `document-open` while it is open here,
   *   `device-failed`; then nothing was removed
   */
  evict(id: string): Promise<void>;
}

export interface Weft {
  /**
   * Whether the person is at this device (`online`) or was not for a while (`idle`): the others of the workspaces that
   * are open are shown it. `online` until it is said; the embedder knows of keys and pointers, this client does not.
   */
  activity(state: 'online' | 'idle'): void;
  readonly connection: Observable<ConnectionStatus>;
  /** Documents with local changes that are not stored: open ones, and those still being sent after their last close. */
  readonly pending: Observable<number>;
  /**
   * Messages, and changes to messages, that neither the device nor the server has yet. A tab that closes while there are
   * any loses them; whoever asks before it closes should ask for these too.
   */
  readonly unsavedMessages: Observable<number>;
  /** Whether what is made now survives the tab, and why not. While it does not, the server still gets it. */
  readonly storage: DeviceStorage;
  /** What could not be kept, newest last: also of earlier sessions, until it is discarded. */
  readonly refusals: Observable<readonly Refusal[]>;
  /** Removes a refusal, and what it kept, from this device. Resolves when it is gone; unknown ids are ignored. */
  discard(id: string): Promise<void>;
  /** The direct conversations of this person, also without a network. */
  readonly directs: Observable<readonly DirectConversation[]>;
  /**
   * The id of the one conversation with somebody, for `conversation(id)`. It begins with a first message, from either
   * side; until then nobody else knows of it.
   * @param person their `sub`, and how to call them until the server has said it
   * @throws WeftError (rejects) `request-invalid` for oneself, and before it is known who is signed in
   */
  direct(person: { readonly sub: string; readonly name: string }): Promise<string>;
  document(id: string): DocumentHandle;
  conversation(id: string): ConversationHandle;
  workspace(id: string): WorkspaceHandle;
  /**
   * Finds messages by their words: on this device at once, on the server beyond when there is a connection. Each word that
   * was typed begins one of the message's; case and accents do not count, and there are no operators. A query without
   * a word, or too long, fails in both places with `query-empty` or `query-too-long`.
   */
  search(query: string, options?: SearchOptions): Search;
  /**
   * Somebody is about to search: fetches the code, starts the worker and reads what changed since the last search, so that
   * the first one of a page takes no longer than those after it. May be left out, and asked for at any time.
   * @throws WeftError `request-invalid` when the client is closed
   */
  prepareSearch(): void;
  connect(): void;
  disconnect(): void;
  /** Resolves when everything typed so far is on the device. */
  flush(): Promise<void>;
  /** Closes handles, socket and store. Idempotent. */
  close(): Promise<void>;
}
