import type { Connection } from '@hocuspocus/server';
import {
  type Ack,
  AuthType,
  type CommandFrame,
  type ConversationHead,
  type Digest,
  type Down,
  type ErrorCode,
  FrameReader,
  type Mark,
  MessageType,
  PROTOCOL_VERSION,
  type Receipts,
  type Resource,
  type Role,
  SyncType,
  WEFT_ADDRESS,
  WeftError,
  decodeUp,
  encodePermissionDenied,
  encodeSyncStatus,
  encodeSyncStep1,
  encodeWeft,
  errorDefinition,
  parseAddress,
  resourceOf,
} from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import type { Outcome } from '../door/intake.ts';
import type { Engine, EngineSocket } from '../engine/engine.ts';
import type { ReadySnapshot } from '../engine/snapshots.ts';
import { type Logger, reasonOf } from '../logger.ts';
import { applyAwareness, releaseAwareness } from './awareness.ts';

/** Bytes that may wait while a token is verified. */
const UNVERIFIED_MAX_BYTES = 64 * 1024;

/** Frames that may wait while a document opens. */
const OPENING_MAX_FRAMES = 1000;

/** What carries a socket's frames: a WebSocket, or a simulated one. */
export interface Transport {
  /** RFC 6455: 1 is open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Sends a frame; does nothing when the transport is closing, as its end is told anyway. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
  /** Resolves when all that was sent has left this process, or never will; without it, frames leave at once. */
  drained?(): Promise<void>;
}

/** The engine asks a request for parameters only; headers and address stay with the gateway. */
const NO_REQUEST = new Request('http://localhost/');

/** What a socket asks of the server behind it. */
export interface SocketHost {
  readonly build: string;
  readonly identity: { readonly serverId: string; readonly epoch: number };
  readonly logger: Logger;
  /** UTC milliseconds. */
  now(): number;
  verify(token: string): Promise<Principal>;
  roleOf(principal: Principal, resource: Resource): Promise<Role | undefined>;
  engine(tenant: string): Engine;
  command(principal: Principal, command: CommandFrame): Promise<Ack['result']>;
  /** A person says how far they are. */
  mark(principal: Principal, mark: Mark): void;
  /** Where everybody is in a conversation. */
  receipts(tenant: string, conversation: string): Promise<Receipts>;
  /** The newest event of a conversation. */
  head(tenant: string, conversation: string): Promise<ConversationHead>;
  /** A segment was opened: from now on the socket hears of its conversation. */
  follow(socket: Socket, tenant: string, conversation: string): void;
  unfollow(socket: Socket, tenant: string, conversation: string): void;
  /** A write or a command was read. Call what is returned once, with what became of it. */
  begun(name: string): (outcome: 'answered' | 'failed') => void;
}

type Person =
  | { readonly state: 'unknown' }
  /** A token is being verified: frames wait, so that none passes it. */
  | {
      readonly state: 'verifying';
      readonly frames: Uint8Array[];
      readonly before: Known | undefined;
    }
  | Known
  | { readonly state: 'closed' };

interface Known {
  readonly state: 'known';
  readonly principal: Principal;
  readonly engine: Engine;
  readonly client: ReturnType<Engine['handleConnection']>;
}

type OpenDocument =
  | { readonly state: 'opening'; readonly role: Role | undefined; readonly frames: Uint8Array[] }
  | { readonly state: 'open'; readonly role: Role; readonly connection: Connection };

/**
 * One socket: reads frames, knows whose it is, and hands each frame to whoever it is for. Writes go to the door and
 * awareness to its own handler; only what asks (state vectors, presence) reaches the engine's message handling.
 */
export class Socket implements EngineSocket {
  readonly #wire: Transport;
  readonly #host: SocketHost;
  readonly #documents = new Map<string, OpenDocument>();
  /** Highest committed write per document that its author was not told of yet. */
  readonly #stored = new Map<string, number>();
  #person: Person = { state: 'unknown' };
  #expiry: NodeJS.Timeout | undefined;
  #speaksWeft = false;
  /** Told to come back later: what it still says is not read, what was read is answered. */
  #leaving = false;

  constructor(wire: Transport, host: SocketHost) {
    this.#wire = wire;
    this.#host = host;
  }

  /** Whether a token was accepted. */
  get known(): boolean {
    return (
      this.#person.state === 'known' ||
      (this.#person.state === 'verifying' && this.#person.before !== undefined)
    );
  }

  /** A frame arrived. Whatever it holds, it can end this socket at most. */
  receive(frame: Uint8Array): void {
    try {
      this.#receive(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The transport is gone. */
  closed(): void {
    const person = this.#person;
    this.#person = { state: 'closed' };
    clearTimeout(this.#expiry);
    const known = person.state === 'verifying' ? person.before : person;
    if (known?.state === 'known') {
      known.client.handleClose({ code: 1001, reason: 'closed' });
      for (const name of this.#documents.keys()) this.#unfollow(known, name);
    }
    this.#documents.clear();
  }

  /** Says why, in our words where they are understood, and closes. */
  bye(
    code: ErrorCode,
    options: { readonly retryAfter?: number; readonly detail?: string } = {},
  ): void {
    const { message, close } = errorDefinition(code);
    const { retryAfter, detail } = options;
    if (this.#speaksWeft && !this.#leaving) {
      this.send({
        type: 'bye',
        code,
        message: detail ?? message,
        ...(retryAfter === undefined ? {} : { retryAfter }),
      });
    }
    this.#flushStored();
    this.#wire.close(close ?? 1011, code);
  }

  /** Tells the client to come back in `retryAfter` milliseconds. From now on it is answered, and not read. */
  goodbye(retryAfter: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    const code = 'shutting-down';
    const { message } = errorDefinition(code);
    if (this.#speaksWeft) this.send({ type: 'bye', code, message, retryAfter });
  }

  /** Ends what `goodbye` began: everything that was read has its answer. */
  end(): void {
    this.#flushStored();
    this.#wire.close(errorDefinition('shutting-down').close, 'shutting-down');
  }

  /** Sends one of our own messages. */
  send(message: Down): void {
    this.#wire.send(encodeWeft(message));
  }

  readOnly(name: string): boolean {
    for (const [key, document] of this.#documents) {
      if (plainName(key) === name) {
        return document.role !== 'editor' || parseAddress(name)?.kind === 'conversation';
      }
    }
    return true;
  }

  attached(connection: Connection): void {
    const key = connection.messageAddress;
    const document = this.#documents.get(key);
    if (document === undefined || document.role === undefined) {
      connection.close();
      return;
    }
    const frames = document.state === 'opening' ? document.frames : [];
    this.#documents.set(key, { state: 'open', role: document.role, connection });
    connection.onClose(() => {
      releaseAwareness(connection);
      const current = this.#documents.get(key);
      if (current?.state !== 'open' || current.connection !== connection) return;
      this.#documents.delete(key);
      if (this.#person.state === 'known') this.#unfollow(this.#person, key);
    });
    const address = parseAddress(plainName(key));
    if (this.#person.state === 'known' && address?.kind === 'conversation') {
      this.#follow(this.#person.principal.tenant, address.id, document.role);
    }
    for (const frame of frames) this.receive(frame);
  }

  #receive(frame: Uint8Array): void {
    const person = this.#person;
    if (person.state === 'closed' || this.#leaving) return;
    if (person.state === 'verifying') {
      const waiting = person.frames.reduce((sum, other) => sum + other.length, frame.length);
      if (waiting > UNVERIFIED_MAX_BYTES && person.before === undefined) {
        throw new WeftError('frame-invalid', 'Too much before the sign-in.');
      }
      person.frames.push(frame);
      return;
    }
    // Stock providers answer a ping with a single byte: there is no address to read.
    if (frame.length === 1) return;
    const reader = new FrameReader(frame);
    const key = reader.string();
    if (key === WEFT_ADDRESS) {
      this.#receiveOwn(reader);
      return;
    }
    const type = reader.uint();
    if (type === MessageType.Auth) this.#authenticate(key, frame, reader);
    else this.#forDocument(key, type, frame, reader);
  }

  #receiveOwn(reader: FrameReader): void {
    const message = decodeUp(reader.decoder);
    this.#speaksWeft = true;
    switch (message.type) {
      case 'hello':
        if (message.protocol !== PROTOCOL_VERSION) {
          this.bye('protocol-unsupported');
          return;
        }
        this.#verify(message.token, (known) => this.#welcome(known.principal));
        return;
      case 'command':
        this.#command(message);
        return;
      case 'mark':
        if (this.#person.state !== 'known') throw new WeftError('token-required');
        this.#host.mark(this.#person.principal, message);
        return;
      case 'digest':
        this.#compare(message);
        return;
      case 'bye':
        this.#wire.close(1000, 'bye');
        return;
      default: {
        const unreachable: never = message;
        return unreachable;
      }
    }
  }

  #welcome(principal: Principal): void {
    this.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      build: this.#host.build,
      serverId: this.#host.identity.serverId,
      epoch: this.#host.identity.epoch,
      sub: principal.sub,
      name: principal.name,
      expires: principal.expires ?? null,
    });
  }

  /** Verifies a token; frames that come meanwhile wait, then go on as if it had been instant. */
  #verify(token: string, done: (known: Known) => void): void {
    const before = this.#person.state === 'known' ? this.#person : undefined;
    const waiting: Uint8Array[] = [];
    this.#person = { state: 'verifying', frames: waiting, before };
    this.#host.verify(token).then(
      (principal) => {
        if (this.#person.state !== 'verifying') return;
        try {
          const known = this.#become(principal, before);
          done(known);
        } catch (error) {
          this.#fail(error);
          return;
        }
        for (const frame of waiting) this.receive(frame);
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #become(principal: Principal, before: Known | undefined): Known {
    if (before !== undefined) {
      const same =
        before.principal.sub === principal.sub && before.principal.tenant === principal.tenant;
      if (!same) throw new WeftError('other-person');
    }
    const engine = before?.engine ?? this.#host.engine(principal.tenant);
    const client =
      before?.client ?? engine.handleConnection(this.#wire, NO_REQUEST, { socket: this });
    const known: Known = { state: 'known', principal, engine, client };
    this.#person = known;
    this.#expireAt(principal.expires);
    return known;
  }

  /** An expired token ends the socket: rights are not kept alive by an open connection. */
  #expireAt(expires: number | undefined): void {
    clearTimeout(this.#expiry);
    if (expires === undefined) return;
    const ms = Math.min(Math.max(0, expires - this.#host.now()), 2 ** 31 - 1);
    this.#expiry = setTimeout(() => {
      if (expires <= this.#host.now()) this.bye('token-expired');
      else this.#expireAt(expires);
    }, ms);
    this.#expiry.unref();
  }

  /** `Auth, Token, token` opens a document. Our client signs in by its hello and sends no token here. */
  #authenticate(key: string, frame: Uint8Array, reader: FrameReader): void {
    const type = reader.uint();
    if (type !== AuthType.Token) throw new WeftError('frame-invalid', 'An unknown sign-in.');
    const token = reader.string();
    const person = this.#person;
    if (person.state === 'known' && token === '') this.#open(person, key, frame);
    else this.#verify(token, (known) => this.#open(known, key, frame));
  }

  #open(known: Known, key: string, frame: Uint8Array): void {
    const address = parseAddress(plainName(key));
    if (address === undefined) {
      this.#wire.send(encodePermissionDenied(key, 'name-invalid'));
      return;
    }
    const present = this.#documents.get(key);
    if (present?.state === 'opening' && present.role === undefined) return;
    const frames = present?.state === 'opening' ? present.frames : [];
    if (present?.state !== 'open')
      this.#documents.set(key, { state: 'opening', role: undefined, frames });
    this.#host.roleOf(known.principal, resourceOf(address)).then(
      (role) => {
        if (this.#person.state === 'closed') return;
        if (role === undefined) {
          if (present?.state === 'open') present.connection.close();
          this.#documents.delete(key);
          this.#wire.send(encodePermissionDenied(key, 'forbidden'));
          return;
        }
        if (present?.state === 'open') {
          this.#documents.set(key, { ...present, role });
          return;
        }
        this.#documents.set(key, { state: 'opening', role, frames: [] });
        // Now that the rights are known, a question for everything need not wait for the engine. Other frames do.
        for (const each of frames) this.receive(each);
        known.client.handleMessage(frame);
      },
      (error: unknown) => {
        this.#documents.delete(key);
        this.#host.logger.error('Rights could not be read.', { reason: reasonOf(error) });
        this.#wire.send(encodePermissionDenied(key, 'storage-failed'));
      },
    );
  }

  #forDocument(key: string, type: number, frame: Uint8Array, reader: FrameReader): void {
    const person = this.#person;
    if (person.state !== 'known') throw new WeftError('token-required');
    const document = this.#documents.get(key);
    if (document === undefined) {
      // Closed or denied a moment ago: late frames are normal. A write must not stay without its answer.
      this.#refuseLate(key, type, reader);
      return;
    }
    if (document.role === undefined) {
      holdBack(document, frame);
      return;
    }
    if (isEmptyQuestion(type, frame, reader)) {
      this.#welcomeNewcomer(person, key, frame);
      return;
    }
    if (document.state === 'opening') {
      holdBack(document, frame);
      return;
    }
    switch (type) {
      case MessageType.Sync:
      case MessageType.SyncReply:
        if (reader.uint() === SyncType.Step1) person.client.handleMessage(frame);
        else this.#write(person, key, document, reader);
        return;
      case MessageType.Awareness:
        this.#present(person, key, document, reader.bytes());
        return;
      case MessageType.QueryAwareness:
      case MessageType.Close:
        person.client.handleMessage(frame);
        return;
      default:
        // Stateless messages have no place in our protocol, and a reader could broadcast with them: dropped.
        return;
    }
  }

  #present(
    person: Known,
    key: string,
    document: OpenDocument & { state: 'open' },
    update: Uint8Array,
  ): void {
    const { connection } = document;
    const intake = person.engine.intake(connection.document);
    // Whoever may only read never writes under the id they show.
    const announce = this.readOnly(plainName(key))
      ? () => true
      : (client: number) => intake.announce(client, person.principal.sub);
    applyAwareness(connection, person.principal, update, announce, (error) => {
      this.#host.logger.error('A client id could not be claimed.', { reason: reasonOf(error) });
    });
  }

  #refuseLate(key: string, type: number, reader: FrameReader): void {
    if (type !== MessageType.Sync && type !== MessageType.SyncReply) return;
    if (reader.uint() === SyncType.Step1) return;
    reader.bytes();
    this.#answer(key, readNumber(reader), { outcome: 'refused', code: 'forbidden' });
  }

  #write(
    person: Known,
    key: string,
    document: OpenDocument & { state: 'open' },
    reader: FrameReader,
  ): void {
    const bytes = reader.bytes();
    const n = readNumber(reader);
    const intake = person.engine.intake(document.connection.document);
    if (this.readOnly(plainName(key))) {
      // A reader answers the server's state vector too; with nothing new in it there is nothing to refuse.
      const outcome: Outcome = intake.knows(bytes)
        ? { outcome: 'stored' }
        : { outcome: 'refused', code: 'read-only' };
      this.#answer(key, n, outcome);
      return;
    }
    const { connection } = document;
    const ended = this.#host.begun(plainName(key));
    intake
      .write({
        bytes,
        principal: person.principal.sub,
        origin: { source: 'connection', connection },
      })
      .then(
        (outcome) => {
          ended(outcome.outcome === 'failed' ? 'failed' : 'answered');
          this.#answer(key, n, outcome);
        },
        (error: unknown) => {
          ended('failed');
          this.#fail(error);
        },
      );
  }

  /**
   * A client with nothing asks for everything: it gets the stored snapshot at once, before the document is loaded, and
   * the engine is asked for the rest. Its rights are known.
   */
  #welcomeNewcomer(person: Known, key: string, frame: Uint8Array): void {
    const ask = (question: Uint8Array) => {
      const document = this.#documents.get(key);
      if (document?.state === 'opening') holdBack(document, question);
      else if (document !== undefined) person.client.handleMessage(question);
    };
    const sent = this.#sendSnapshot(person.engine, key);
    person.engine.serving(plainName(key), sent);
    sent
      .then((snapshot) => {
        ask(snapshot === undefined ? frame : encodeSyncStep1(key, snapshot.stateVector));
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** Resolves with the snapshot when it has left; `undefined` where the engine's own answer will do. */
  async #sendSnapshot(engine: Engine, key: string): Promise<ReadySnapshot | undefined> {
    let snapshot: ReadySnapshot | undefined;
    try {
      snapshot = await engine.snapshot(plainName(key));
    } catch (error) {
      this.#host.logger.error('A snapshot could not be read.', { reason: reasonOf(error) });
    }
    // It may have been closed meanwhile, and opened again by somebody whose rights are not known yet.
    if (snapshot === undefined || this.#documents.get(key)?.role === undefined) return undefined;
    this.#wire.send(snapshot.frame(key));
    await this.#wire.drained?.();
    return snapshot;
  }

  /** Tells the author of a write what became of it: by number where it has one, in the stock framing else. */
  #answer(key: string, n: number | undefined, outcome: Outcome): void {
    if (outcome.outcome === 'failed') {
      this.#host.logger.error('A write could not be stored.', {
        document: plainName(key),
        reason: outcome.reason,
      });
      this.bye('storage-failed', { retryAfter: 1000 });
      return;
    }
    if (n === undefined) {
      this.#wire.send(encodeSyncStatus(key, outcome.outcome === 'stored'));
    } else if (outcome.outcome === 'stored') {
      if (this.#stored.size === 0) queueMicrotask(() => this.#flushStored());
      this.#stored.set(key, n);
    } else {
      this.#flushStored();
      const { code } = outcome;
      this.send({
        type: 'refused',
        document: key,
        n,
        code,
        message: errorDefinition(code).message,
      });
    }
  }

  /** One `stored` per document and turn: the number is cumulative. */
  #flushStored(): void {
    for (const [document, n] of this.#stored) this.send({ type: 'stored', document, n });
    this.#stored.clear();
  }

  /** Tells a client that speaks of its replica what the log holds. Whoever has it open may read it anyway. */
  #compare(said: Digest): void {
    const person = this.#person;
    const open = this.#documents.get(said.document);
    if (person.state !== 'known' || open?.state !== 'open') return;
    const { document } = open.connection;
    person.engine.compare(document, { state: said.state, content: said.content }).then(
      (own) => {
        if (own === undefined || this.#person.state === 'closed') return;
        this.send({ type: 'digest', document: said.document, ...own });
      },
      (error: unknown) => {
        this.#host.logger.error('A replica could not be compared.', { reason: reasonOf(error) });
      },
    );
  }

  #command(command: CommandFrame): void {
    const person = this.#person;
    if (person.state !== 'known') throw new WeftError('token-required');
    const ended = this.#host.begun(`conversation/${command.conversation}`);
    this.#host.command(person.principal, command).then(
      (result) => {
        const failed = result.outcome === 'refused' && result.code === 'storage-failed';
        ended(failed ? 'failed' : 'answered');
        this.send({ type: 'ack', id: command.id, result });
      },
      (error: unknown) => {
        ended(error instanceof WeftError ? 'answered' : 'failed');
        if (error instanceof WeftError) {
          const { code, message } = error;
          this.send({ type: 'ack', id: command.id, result: { outcome: 'refused', code, message } });
        } else {
          this.#fail(error);
        }
      },
    );
  }

  /** Followed first and asked then: a commit in between is told twice rather than not at all. */
  #follow(tenant: string, conversation: string, role: Role): void {
    this.#host.follow(this, tenant, conversation);
    Promise.all([
      this.#host.head(tenant, conversation),
      this.#host.receipts(tenant, conversation),
    ]).then(
      ([head, receipts]) => {
        this.send({ ...head, role });
        if (receipts.members.length > 0) this.send(receipts);
      },
      (error: unknown) => {
        this.#host.logger.error('A conversation could not be read.', { reason: reasonOf(error) });
        this.bye('storage-failed', { retryAfter: 1000 });
      },
    );
  }

  #unfollow(known: Known, key: string): void {
    const address = parseAddress(plainName(key));
    if (address?.kind !== 'conversation') return;
    for (const other of this.#documents.keys()) {
      const another = parseAddress(plainName(other));
      if (other !== key && another?.kind === 'conversation' && another.id === address.id) return;
    }
    this.#host.unfollow(this, known.principal.tenant, address.id);
  }

  #fail(error: unknown): void {
    if (error instanceof WeftError) {
      this.bye(error.code, { detail: error.message });
      return;
    }
    this.#host.logger.error('A frame met an error of ours.', { reason: reasonOf(error) });
    this.bye('internal');
  }
}

/** @throws WeftError `frame-invalid` when too many frames wait for a document to open */
function holdBack(document: OpenDocument & { state: 'opening' }, frame: Uint8Array): void {
  if (document.frames.length >= OPENING_MAX_FRAMES) {
    throw new WeftError('frame-invalid', 'Too many frames for a document that is not open.');
  }
  document.frames.push(frame);
}

/** Whether a frame is a SyncStep1 with the state vector of an empty document: one byte, no clients. */
function isEmptyQuestion(type: number, frame: Uint8Array, reader: FrameReader): boolean {
  if (type !== MessageType.Sync && type !== MessageType.SyncReply) return false;
  const at = reader.decoder.pos;
  return (
    frame.length === at + 3 &&
    frame[at] === SyncType.Step1 &&
    frame[at + 1] === 1 &&
    frame[at + 2] === 0
  );
}

/** Session-aware stock providers address `name\0session`. */
function plainName(key: string): string {
  const end = key.indexOf('\0');
  return end === -1 ? key : key.slice(0, end);
}

/** The number of a write of ours; stock clients send none. */
function readNumber(reader: FrameReader): number | undefined {
  return reader.more ? reader.uint() : undefined;
}
