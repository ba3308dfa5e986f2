import {
  AuthType,
  type Command,
  type Digest,
  type Down,
  type ErrorCode,
  FrameReader,
  type Hello,
  type Message,
  MessageType,
  PROTOCOL_VERSION,
  type PresenceMessage,
  SEGMENT_ROOT,
  SyncType,
  WEFT_ADDRESS,
  type Welcome,
  decodeUp,
  encodeAwareness,
  encodeBare,
  encodePermissionDenied,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
  segmentOf,
  readCommand,
} from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { SocketLike } from '../../src/index.ts';

/** A write that the client sent and the test has not answered. */
export interface HeldWrite {
  readonly address: string;
  readonly type: 'step2' | 'update';
  readonly bytes: Uint8Array;
  readonly n: number;
}

type Access = 'editor' | 'reader' | ErrorCode;

/**
 * A server as far as a client can tell, turned by hand: it holds documents and answers what asks; what it stores,
 * refuses or never answers, the test says. Frames travel in microtasks, so nothing re-enters.
 */
export class ScriptedServer {
  /** Sockets in the order they were made. */
  readonly sockets: ServerSocket[] = [];
  readonly docs = new Map<string, Y.Doc>();
  readonly access = new Map<string, Access>();
  welcome: Omit<Welcome, 'type'> = {
    protocol: PROTOCOL_VERSION,
    build: 'scripted',
    serverId: 'server-1',
    epoch: 1,
    sub: 'ann',
    name: 'Ann',
    expires: null,
  };
  /** `false` leaves hellos unanswered; a code says bye to them. */
  greets: boolean | ErrorCode = true;
  /** `true` commits each write and tells so at once. */
  commits = false;
  /** Judges each write that is not held: a code refuses it. Without it, the test answers. */
  judge: ((write: HeldWrite) => ErrorCode | 'fine') | undefined;
  /** `true` shows what is committed to the other sockets that have the document open. */
  shows = false;
  /** `true` confirms that a document was closed; otherwise the test does. */
  confirms = false;
  /** `true` answers auth frames; otherwise they are held. */
  admits = true;
  /** `true` answers state vectors; otherwise the test does (`ServerSocket.answer`). */
  answers = true;
  readonly #waiting = new Set<() => void>();

  /** The client's end of a new socket. */
  readonly connect = (): SocketLike => {
    const socket = new ServerSocket(this);
    this.sockets.push(socket);
    this.changed();
    return socket.client;
  };

  /** The newest socket. */
  get socket(): ServerSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('Nobody connected yet.');
    return socket;
  }

  doc(address: string): Y.Doc {
    const doc = this.docs.get(address) ?? new Y.Doc();
    this.docs.set(address, doc);
    return doc;
  }

  /** Resolves when something holds; asked again after each frame. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the first write that is held. */
  async write(): Promise<HeldWrite> {
    await this.until(() => (this.sockets.at(-1)?.writes.length ?? 0) > 0);
    const write = this.socket.writes[0];
    if (write === undefined) throw new Error('No write.');
    return write;
  }

  /** Puts a message into its segment, as the server's commit does, and shows it on the newest socket. */
  post(conversation: string, message: Message): void {
    const address = `conversation/${conversation}/${segmentOf(message.sequence)}`;
    this.edit(address, (doc) => {
      doc.getMap(SEGMENT_ROOT).set(String(message.sequence), message);
    });
  }

  /** Changes a document on the server and sends the update. */
  edit(address: string, change: (doc: Y.Doc) => void): void {
    const doc = this.doc(address);
    const before = Y.encodeStateVector(doc);
    change(doc);
    this.socket.sendUpdate(address, Y.encodeStateAsUpdate(doc, before));
  }

  /** Sends what was committed to every other socket that has the document open. */
  show({ address, bytes }: HeldWrite, author: ServerSocket): void {
    for (const socket of this.sockets) {
      const opened = socket.asked.filter((name) => name === address).length;
      const closed = socket.closes.filter((name) => name === address).length;
      if (socket !== author && opened > closed) socket.sendUpdate(address, bytes);
    }
  }

  changed(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** The server's end of one socket. */
export class ServerSocket {
  readonly hellos: Hello[] = [];
  readonly commands: Command[] = [];
  readonly presences: PresenceMessage[] = [];
  readonly digests: Digest[] = [];
  readonly writes: HeldWrite[] = [];
  /** All writes that came, answered or not. */
  readonly received: HeldWrite[] = [];
  /** Addresses asked for, in order; again when asked again. */
  readonly asked: string[] = [];
  /** Addresses that the client closed. */
  readonly closes: string[] = [];
  readonly awareness: { readonly address: string; readonly bytes: Uint8Array }[] = [];
  readonly step1s: string[] = [];
  /** Answers to state vectors that wait for the test, the oldest first. */
  readonly unanswered: (() => void)[] = [];
  readonly client: SocketLike;
  closed = false;
  readonly #server: ScriptedServer;

  constructor(server: ScriptedServer) {
    this.#server = server;
    const state = { ready: 0 };
    this.client = {
      binaryType: 'blob',
      get readyState() {
        return state.ready;
      },
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => {
        const copy = data.slice();
        queueMicrotask(() => this.#receive(copy));
      },
      close: () => {
        state.ready = 3;
        this.closed = true;
        this.#server.changed();
      },
    };
    queueMicrotask(() => {
      if (this.closed) return;
      state.ready = 1;
      this.client.onopen?.();
    });
  }

  /** Delivers raw data. */
  deliver(data: unknown): void {
    queueMicrotask(() => {
      if (!this.closed) this.client.onmessage?.({ data });
    });
  }

  say(message: Down): void {
    this.deliver(encodeWeft(message));
  }

  sendUpdate(address: string, bytes: Uint8Array): void {
    this.deliver(encodeSync(address, SyncType.Update, bytes));
  }

  sendAwareness(address: string, bytes: Uint8Array): void {
    this.deliver(encodeAwareness(address, bytes));
  }

  sendClose(address: string): void {
    this.deliver(encodeClose(address));
  }

  /** The connection drops. */
  cut(): void {
    if (this.closed) return;
    this.closed = true;
    this.client.onclose?.({ code: 1006, reason: '' });
  }

  /** Answers an auth frame by what `access` says. */
  admit(address: string): void {
    const access = this.#server.access.get(address) ?? 'editor';
    if (access === 'editor' || access === 'reader') {
      const scope = access === 'editor' ? 'read-write' : 'readonly';
      this.deliver(encodeAuthenticated(address, scope));
    } else {
      this.deliver(encodePermissionDenied(address, access));
    }
  }

  /** Answers all state vectors that were asked about. */
  answer(): void {
    for (const answer of this.unanswered.splice(0)) answer();
  }

  /** Commits the oldest held write, and tells unless `silent`. */
  store(silent = false): HeldWrite {
    const write = this.writes.shift();
    if (write === undefined) throw new Error('No write is held.');
    Y.applyUpdate(this.#server.doc(write.address), write.bytes);
    if (this.#server.shows) this.#server.show(write, this);
    if (!silent) this.say({ type: 'stored', document: write.address, n: write.n });
    return write;
  }

  /** Refuses the oldest held write. */
  refuse(code: ErrorCode): HeldWrite {
    const write = this.writes.shift();
    if (write === undefined) throw new Error('No write is held.');
    this.say({ type: 'refused', document: write.address, n: write.n, code, message: 'No.' });
    return write;
  }

  #receive(frame: Uint8Array): void {
    if (this.closed) return;
    const reader = new FrameReader(frame);
    const address = reader.string();
    if (address === WEFT_ADDRESS) this.#own(reader);
    else this.#document(address, reader);
    this.#server.changed();
  }

  #own(reader: FrameReader): void {
    const message = decodeUp(reader.decoder);
    if (message.type === 'command') {
      const command = readCommand(message);
      if ('refused' in command) throw new Error(command.refused);
      this.commands.push(command);
    }
    if (message.type === 'presence') this.presences.push(message);
    if (message.type === 'digest') this.digests.push(message);
    if (message.type !== 'hello') return;
    this.hellos.push(message);
    const { greets, welcome } = this.#server;
    if (greets === true) this.say({ type: 'welcome', ...welcome });
    else if (greets !== false) this.say({ type: 'bye', code: greets, message: 'No.' });
  }

  #document(address: string, reader: FrameReader): void {
    const doc = this.#server.doc(address);
    switch (reader.uint()) {
      case MessageType.Auth:
        if (reader.uint() !== AuthType.Token || reader.string() !== '') throw new Error('Auth.');
        this.asked.push(address);
        if (this.#server.admits) this.admit(address);
        break;
      case MessageType.Sync: {
        const type = reader.uint();
        const bytes = reader.bytes();
        if (type === SyncType.Step1) {
          this.step1s.push(address);
          this.unanswered.push(() => {
            // Hocuspocus's order: its own question first, then the answer.
            this.deliver(encodeSyncStep1(address, Y.encodeStateVector(doc)));
            this.deliver(encodeSync(address, SyncType.Step2, Y.encodeStateAsUpdate(doc, bytes)));
          });
          if (this.#server.answers) this.answer();
        } else {
          const kind = type === SyncType.Step2 ? 'step2' : 'update';
          this.writes.push({ address, type: kind, bytes, n: reader.uint() });
          this.received.push(...this.writes.slice(-1));
          const { judge, commits } = this.#server;
          const write = this.writes.at(-1);
          const verdict = write && judge?.(write);
          if (verdict !== undefined && verdict !== 'fine') this.refuse(verdict);
          else if (commits || verdict === 'fine') this.store();
        }
        break;
      }
      case MessageType.Awareness:
        this.awareness.push({ address, bytes: reader.bytes() });
        break;
      case MessageType.Close:
        this.closes.push(address);
        if (this.#server.confirms) this.sendClose(address);
        break;
      default:
    }
  }
}

function encodeSync(address: string, type: 1 | 2, bytes: Uint8Array): Uint8Array {
  const numbered = encodeWrite(address, type, bytes, 0);
  // The server's updates carry no number.
  return numbered.subarray(0, numbered.length - 1);
}

function encodeAuthenticated(address: string, scope: string): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, address);
  encoding.writeVarUint(encoder, MessageType.Auth);
  encoding.writeVarUint(encoder, AuthType.Authenticated);
  encoding.writeVarString(encoder, scope);
  return encoding.toUint8Array(encoder);
}

function encodeClose(address: string): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, encodeBare(address, MessageType.Close));
  encoding.writeVarString(encoder, 'closed');
  return encoding.toUint8Array(encoder);
}
