import type { Connection } from '@hocuspocus/server';
import {
  AuthType,
  type Down,
  type ErrorCode,
  FRAME_MAX_BYTES,
  FrameReader,
  MessageType,
  type Role,
  SyncType,
  WEFT_ADDRESS,
  WeftError,
  decodeUp,
  errorDefinition,
} from '@weft/protocol';
import type { EngineSocket } from '../engine/engine.ts';
import { reasonOf } from '../logger.ts';
import { Answers } from './answers.ts';
import { DocumentFrames } from './document-frames.ts';
import { downFrame } from './down-frame.ts';
import { Attending } from './attending.ts';
import { Following } from './following.ts';
import type { Endpoint } from './endpoint.ts';
import type { SocketHost } from './host.ts';
import type { ByeOptions, Line } from './line.ts';
import { OpenDocuments, type OpenDocumentsListener } from './open-documents.ts';
import { OwnMessages } from './own-messages.ts';
import { Outflow } from './outflow.ts';
import { PresenceBridge } from './presence-bridge.ts';
import { Questions } from './questions.ts';
import type { RateKind } from './rates.ts';
import { SignIn } from './sign-in.ts';
import { Throttle } from './throttle.ts';
import type { Transport } from './transport.ts';

/**
 * One socket: reads frames, knows whose it is, and hands each frame to whoever it is for: tokens to the sign-in, our own
 * messages to their handler, the rest to the document that it names. It is itself what its parts have in common: an object
 * and a function for each of that would be held by every socket that lies idle.
 */
export class Socket implements EngineSocket, Endpoint, Line, OpenDocumentsListener {
  readonly wire: Transport;
  readonly host: SocketHost;
  readonly #signIn: SignIn;
  readonly #documents: OpenDocuments;
  readonly #frames: DocumentFrames;
  readonly #own: OwnMessages;
  readonly #answers: Answers;
  readonly #presence: PresenceBridge;
  readonly #attending: Attending;
  readonly #following: Following;
  readonly #questions: Questions;
  readonly #throttle: Throttle;
  readonly #outflow: Outflow;
  #speaksWeft = false;
  /** Why it was ended from here. */
  #said: ErrorCode | undefined;
  /** When anything was last asked for, or a document was open; milliseconds. */
  #activeAt: number;
  /** Told to come back later: what it still says is not read, what was read is answered. */
  #leaving = false;
  /** It is being ended because something threw. */
  #failed = false;

  constructor(wire: Transport, host: SocketHost) {
    this.wire = wire;
    this.host = host;
    this.#activeAt = host.now();
    const receive = (frame: Uint8Array) => this.receive(frame);
    this.#throttle = new Throttle(wire, receive);
    this.#following = new Following(this);
    this.#attending = new Attending(this);
    this.#questions = new Questions(this);
    this.#documents = new OpenDocuments(this, this);
    this.#outflow = new Outflow(this, this.#documents);
    this.#signIn = new SignIn(this, this, this.#outflow, receive, this.#documents);
    this.#answers = new Answers(this);
    this.#presence = new PresenceBridge(this, this.#documents);
    this.#frames = new DocumentFrames({
      line: this,
      documents: this.#documents,
      answers: this.#answers,
      questions: this.#questions,
      outflow: this.#outflow,
    });
    this.#own = new OwnMessages(this, this.#signIn, this.#documents, this.#attending);
  }

  /** Whether the client has said anything in our own words. */
  get speaksWeft(): boolean {
    return this.#speaksWeft;
  }

  opened(key: string, role: Role): void {
    const { known } = this.#signIn;
    if (known === undefined) return;
    this.#following.opened(known.principal.tenant, key, role);
    this.#attending.opened(known.principal, key);
  }

  changed(key: string, role: Role): void {
    const { known } = this.#signIn;
    if (known !== undefined) this.#following.changed(known.principal.tenant, key, role);
  }

  shut(key: string): void {
    this.#activeAt = this.host.now();
    this.#questions.closed(key);
    this.#attending.closed(key);
    const { known } = this.#signIn;
    if (known === undefined) return;
    this.#following.closed(known.principal.tenant, key, this.#documents.keys);
  }

  /** Whether a token was accepted. */
  get known(): boolean {
    return this.#signIn.known !== undefined;
  }

  get waiting(): boolean {
    return this.#signIn.waiting;
  }

  get idle(): number {
    return this.#documents.empty ? this.host.now() - this.#activeAt : 0;
  }

  /** A frame arrived. Whatever it holds, it can end this socket at most. */
  receive(frame: Uint8Array): void {
    try {
      this.#receive(frame);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The transport is gone. @param code of its close (RFC 6455); 1006 where there was none */
  closed(code = 1006): void {
    const { known } = this.#signIn;
    // Each by itself: what one cannot take apart must not keep a seat, or a place among others, for ever.
    for (const step of [
      () => this.#throttle.close(),
      () => known?.client.handleClose({ code: 1001, reason: 'closed' }),
      () => this.#documents.close(),
      () => this.#signIn.close(this.#returns(code) ? 'cut' : 'left'),
    ]) {
      try {
        step();
      } catch (error) {
        this.host.logger.error('A socket met an error at its end.', { reason: reasonOf(error) });
      }
    }
  }

  /** Whether a client is expected back: it did not leave by itself, and was not told that there is nothing to come for. */
  #returns(code: number): boolean {
    if (code === 1000 || code === 1001) return false;
    if (this.#said === undefined) return true;
    return this.#said !== 'idle' && errorDefinition(this.#said).retry === 'later';
  }

  /** Says why, in our words where they are understood, and closes. */
  bye(code: ErrorCode, options: ByeOptions = {}): void {
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
    this.#said ??= code;
    this.#answers.flush();
    // A client that does not answer the close would be read until it does.
    this.#leaving = true;
    this.#close(close ?? 1011, code);
  }

  #close(code: number | undefined, reason: ErrorCode): void {
    try {
      this.wire.close(code, reason);
    } catch (error) {
      // There is nobody to say it to, and nobody else to harm.
      this.host.logger.error('A socket could not be ended.', { reason: reasonOf(error) });
    }
  }

  /** Tells the client to come back in `retryAfter` milliseconds. From now on it is answered, and not read. */
  goodbye(retryAfter: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#throttle.close();
    const code = 'shutting-down';
    const { message } = errorDefinition(code);
    if (this.#speaksWeft) this.send({ type: 'bye', code, message, retryAfter });
  }

  /** Ends what `goodbye` began: everything that was read has its answer. */
  end(): void {
    this.#answers.flush();
    this.#close(errorDefinition('shutting-down').close, 'shutting-down');
  }

  /**
   * Sends one of our own messages. Never throws: those who tell many sockets of something go on with the next, and most
   * of them do so in a turn of their own, where an error would end the process.
   */
  send(message: Down): void {
    try {
      this.#outflow.limit();
      this.wire.send(downFrame(message));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Its WebSocket was cut, and a session keeps it. */
  parked(): void {
    this.#presence.parked();
    this.#attending.parked();
  }

  /** It is parked for so long that its person is not shown any more. */
  absent(): void {
    this.#presence.absent();
    this.#attending.absent();
  }

  /**
   * A client wants to go on after a cut. Resolves with whether it may: everything that is open must be open to the same
   * person with the same rights as before.
   * @throws WeftError `other-person`, or whatever is wrong with the token
   */
  async mayReturn(token: string): Promise<boolean> {
    const principal = await this.host.verify(token);
    if (!this.known) return false;
    if (!(await this.#documents.unchanged(principal)) || !this.known) return false;
    this.#signIn.renew(principal);
    return true;
  }

  /** It goes on. @param absent whether its person was not shown any more */
  returned(absent: boolean): void {
    this.#presence.returned(absent);
    this.#attending.returned();
  }

  readOnly(name: string): boolean {
    return this.#documents.readOnly(name);
  }

  attached(connection: Connection): void {
    this.#documents.attached(connection);
  }

  #receive(frame: Uint8Array): void {
    if (this.#signIn.closed || this.#leaving) return;
    if (this.#throttle.holds(frame) || this.#signIn.holds(frame)) return;
    // Stock providers answer a ping with a single byte: there is no address to read.
    if (frame.length === 1) return;
    const reader = new FrameReader(frame);
    const key = reader.string();
    const kind = key === WEFT_ADDRESS ? 'question' : kindOf(frame, reader.decoder.pos);
    if (this.#waits(frame, kind)) return;
    if (this.known) this.host.meter.frame(kind, frame.length);
    if (key === WEFT_ADDRESS) {
      const message = decodeUp(reader.decoder);
      this.#speaksWeft = true;
      // A client that is not needed keeps its token fresh all the same.
      if (message.type !== 'hello') this.#activeAt = this.host.now();
      this.#own.receive(message);
      return;
    }
    this.#activeAt = this.host.now();
    const type = reader.uint();
    if (type === MessageType.Auth) this.#authenticate(key, frame, reader);
    else this.#frames.receive(this.#signIn.required, key, type, frame, reader);
  }

  /** Whether a person sends more of a kind than their rate: the frame is handled later then. */
  #waits(frame: Uint8Array, kind: RateKind): boolean {
    const { known } = this.#signIn;
    const ms = known === undefined ? 0 : this.host.rate(known.principal, kind);
    if (ms > 0) this.#throttle.wait(frame, ms);
    return ms > 0;
  }

  /** `Auth, Token, token` opens a document. Our client signs in by its hello and sends no token here. */
  #authenticate(key: string, frame: Uint8Array, reader: FrameReader): void {
    const type = reader.uint();
    if (type !== AuthType.Token) throw new WeftError('frame-invalid', 'An unknown sign-in.');
    const token = reader.string();
    const { known } = this.#signIn;
    if (known !== undefined && token === '') this.#documents.open(known, key, frame);
    else this.#signIn.verify(token, (person) => this.#documents.open(person, key, frame));
  }

  fail(error: unknown): void {
    // What is said of it may fail in the same way.
    if (this.#failed) return;
    this.#failed = true;
    if (error instanceof WeftError) {
      const retryAfter = error.code === 'server-full' ? this.host.admission.comeBack : undefined;
      this.bye(error.code, {
        detail: error.message,
        ...(retryAfter === undefined ? {} : { retryAfter }),
      });
      return;
    }
    this.host.logger.error('A frame met an error of ours.', { reason: reasonOf(error) });
    this.bye('internal');
  }
}

/**
 * What kind of frame at a document's address this is, by its first bytes: both types are below 128, one byte each.
 * @param at where the type stands
 * @throws WeftError `frame-too-large`
 */
function kindOf(frame: Uint8Array, at: number): RateKind {
  const type = frame[at];
  const sync = type === MessageType.Sync || type === MessageType.SyncReply;
  if (frame.length > FRAME_MAX_BYTES && !(sync && frame[at + 1] === SyncType.Step2)) {
    throw new WeftError('frame-too-large');
  }
  if (sync) return frame[at + 1] === SyncType.Step1 ? 'question' : 'write';
  return type === MessageType.Awareness ? 'presence' : 'question';
}
