import {
  FrameReader,
  MessageType,
  SyncType,
  encodeAwareness,
  encodeSyncUpdate,
} from '@weft/protocol';
import { encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Line } from './line.ts';
import type { OpenDocuments } from './open-documents.ts';
import type { Transport } from './transport.ts';

/** Bytes that may wait for a reader before what others do is merged for it. */
export const SLOW_BYTES = 1024 * 1024;

/** Bytes that may wait beyond the transfer in progress (answers to state vectors) before the reader has to come back. */
export const QUEUE_MAX_BYTES = 4 * 1024 * 1024;

/** Bytes from which an answer to a state vector is a transfer of its own; smaller ones count as all else. */
const TRANSFER_BYTES = 16 * 1024;

/** What was done to spare slow readers, since the server started. */
export interface FlowCounters {
  /** Updates that were not sent one by one, but within one difference later. */
  updatesMerged: number;
  /** Frames about presence that were not sent, but the newest states later. */
  presenceMerged: number;
  /** Questions for what a client lacks that were not answered, since a newer one of the same document was. */
  questionsMerged: number;
  /** Sockets closed because too much waited for them. */
  readersClosed: number;
}

/** What a reader was not sent of one document. */
interface Lag {
  /** Per client id the first clock that was not sent. */
  readonly from: Map<number, number>;
  /** Client ids whose newest state was not sent. */
  readonly presence: Set<number>;
  updates: boolean;
}

type Shown =
  | { readonly kind: 'update'; readonly key: string; readonly from: ReadonlyMap<number, number> }
  | { readonly kind: 'presence'; readonly key: string; readonly clients: readonly number[] }
  | { readonly kind: 'other' };

/**
 * What the engine sends to one socket. A reader that does not keep up is not sent every update and every caret: it is
 * remembered from where on it lacks something, and once it has taken what waits it gets one difference and the newest
 * states. So a reader that stops costs what is sent to it first, and not what others do meanwhile.
 */
export class Outflow implements Transport {
  readonly #line: Line;
  readonly #documents: OpenDocuments;
  /** `undefined` while it keeps up. */
  #behind: Map<string, Lag> | undefined;
  /** Bytes of answers to state vectors that were sent since nothing waited. */
  #transfer = 0;
  #closed = false;

  constructor(line: Line, documents: OpenDocuments) {
    this.#line = line;
    this.#documents = documents;
  }

  get readyState(): number {
    return this.#line.wire.readyState;
  }

  close(code?: number, reason?: string): void {
    this.#line.wire.close(code, reason);
  }

  /** Never throws: in a broadcast of the engine, everybody behind this socket would get nothing. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    try {
      this.#send(data);
    } catch (error) {
      this.#line.fail(error);
    }
  }

  #send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    const { wire, host } = this.#line;
    if (host.audience.lacks(this) && ArrayBuffer.isView(data) && isUpdate(data)) return;
    const queued = wire.queued?.() ?? 0;
    if (this.#behind === undefined && queued < SLOW_BYTES) {
      this.#pass(data, queued);
      return;
    }
    if (!ArrayBuffer.isView(data)) throw new TypeError('Frames are bytes.');
    const shown = shownIn(data);
    if (shown.kind === 'other') {
      this.#pass(data, queued);
      return;
    }
    // Whoever is behind in a document stays so until it catches up: what came next would lean on what it lacks.
    const lag = this.#behind?.get(shown.key);
    if (lag === undefined && queued < SLOW_BYTES) this.#pass(data, queued);
    else this.#note(lag ?? this.#fallBehind(shown.key), shown);
  }

  /** Has the reader come back when too much waits that cannot be merged. */
  limit(queued = this.#line.wire.queued?.() ?? 0): void {
    if (queued === 0) this.#transfer = 0;
    if (this.#closed || queued - this.#transfer <= QUEUE_MAX_BYTES) return;
    this.#closed = true;
    this.#line.host.flow.readersClosed += 1;
    // A word of ours would stand behind all that waits.
    this.close(1013, 'reader-slow');
  }

  /** Sends what its reader asked for: as much as it asks for may wait, beside all else. */
  answer(data: Uint8Array): void {
    this.limit();
    this.#transfer += data.byteLength;
    this.#line.wire.send(data);
  }

  #pass(data: string | ArrayBufferLike | Blob | ArrayBufferView, queued: number): void {
    this.limit(queued);
    // By its size first: a broadcast comes here for each of its readers, and reading its head for all would be felt.
    if (ArrayBuffer.isView(data) && data.byteLength >= TRANSFER_BYTES && isAnswer(data)) {
      this.#transfer += data.byteLength;
    }
    this.#line.wire.send(data);
  }

  #fallBehind(key: string): Lag {
    const made: Lag = { from: new Map(), presence: new Set(), updates: false };
    if (this.#behind === undefined) {
      this.#behind = new Map();
      const { wire } = this.#line;
      (wire.drained?.() ?? Promise.resolve())
        .then(() => this.#catchUp())
        .catch((error: unknown) => this.#line.fail(error));
    }
    this.#behind.set(key, made);
    return made;
  }

  #note(lag: Lag, shown: Exclude<Shown, { kind: 'other' }>): void {
    const { flow } = this.#line.host;
    if (shown.kind === 'presence') {
      flow.presenceMerged += 1;
      for (const client of shown.clients) lag.presence.add(client);
      return;
    }
    flow.updatesMerged += 1;
    lag.updates = true;
    for (const [client, clock] of shown.from) {
      lag.from.set(client, Math.min(clock, lag.from.get(client) ?? clock));
    }
  }

  #catchUp(): void {
    const lags = [...(this.#behind ?? [])];
    this.#behind = undefined;
    for (const [key, lag] of lags) {
      // Closed, or its rights taken away meanwhile.
      const open = this.#documents.get(key);
      if (open?.state !== 'open') continue;
      const { document } = open.connection;
      if (lag.updates) {
        // What waits in the document for its broadcast is in the difference: sent again it changes nothing.
        const vector = Y.decodeStateVector(Y.encodeStateVector(document));
        for (const [client, clock] of lag.from) vector.set(client, clock);
        const missing = Y.encodeStateAsUpdate(document, Y.encodeStateVector(vector));
        const frame = encodeSyncUpdate(key, SyncType.Update, missing);
        this.#transfer += frame.length;
        this.#line.wire.send(frame);
      }
      const { awareness } = document;
      const clients = [...lag.presence].filter((client) => awareness.meta.has(client));
      if (clients.length > 0) {
        this.#line.wire.send(encodeAwareness(key, encodeAwarenessUpdate(awareness, clients)));
      }
    }
  }
}

/** The last frame that was looked into: a broadcast hands the same bytes to one socket after the other. */
let looked: { readonly data: ArrayBufferView; readonly shown: Shown } | undefined;

function shownIn(data: ArrayBufferView): Shown {
  if (looked?.data === data) return looked.shown;
  const shown = look(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  looked = { data, shown };
  return shown;
}

function look(frame: Uint8Array): Shown {
  const reader = new FrameReader(frame);
  const key = reader.string();
  const type = reader.uint();
  if (type === MessageType.Awareness) {
    const states = new FrameReader(reader.bytes());
    const clients: number[] = [];
    for (let count = states.uint(); count > 0; count -= 1) {
      clients.push(states.uint());
      states.uint();
      states.string();
    }
    return { kind: 'presence', key, clients };
  }
  if (type !== MessageType.Sync || reader.uint() !== SyncType.Update) return { kind: 'other' };
  return { kind: 'update', key, from: Y.parseUpdateMeta(reader.bytes()).from };
}

/** Whether a frame is an update that the engine broadcasts. */
function isUpdate(data: ArrayBufferView): boolean {
  const reader = new FrameReader(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  reader.string();
  return reader.uint() === MessageType.Sync && reader.uint() === SyncType.Update;
}

/** Whether a frame is an answer to a state vector: as large as the document, and asked for. */
function isAnswer(data: ArrayBufferView): boolean {
  const reader = new FrameReader(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  reader.string();
  const type = reader.uint();
  if (type !== MessageType.Sync && type !== MessageType.SyncReply) return false;
  return reader.uint() === SyncType.Step2;
}
