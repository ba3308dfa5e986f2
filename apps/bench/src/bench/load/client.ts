import { SignJWT } from 'jose';
import WebSocket from 'ws';
import * as Y from 'yjs';
import type { Target } from './jobs.ts';
import { DIALECTS, type Dialect, type Incoming } from './dialects.ts';

/** The state vector of who has nothing. */
export const NOTHING = Y.encodeStateVector(new Map());

/** Milliseconds after which an answer that does not come is an error. */
export const PATIENCE = 30_000;

/** One socket with one document on it, speaking in frames. */
export class Client {
  readonly document: string;
  readonly dialect: Dialect;
  readonly #token: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<(incoming: Incoming, at: number) => void>();
  #writes = 0;
  #denied: string | undefined;
  /** Called for each frame; `at` is when it arrived. */
  heard: (incoming: Incoming, at: number) => void = () => undefined;
  closed: () => void = () => undefined;
  /** What the server last said it has; some say it before anybody asks. */
  asked: Uint8Array | undefined;
  /** Frames and bytes, both ways, since the counts were last taken. */
  traffic = { frames: 0, received: 0, sent: 0 };

  private constructor(socket: WebSocket, target: Target, document: string, token: string) {
    this.#socket = socket;
    this.#token = token;
    this.document = document;
    this.dialect = DIALECTS[target.dialect];
    socket.on('message', (data) => {
      const at = performance.now();
      if (!(data instanceof Buffer)) return;
      this.traffic.frames += 1;
      this.traffic.received += data.length;
      const incoming = this.dialect.read(data);
      if (incoming.kind === 'step1') this.asked = incoming.stateVector;
      if (incoming.kind === 'denied') this.#denied = incoming.reason;
      this.heard(incoming, at);
      for (const waiting of this.#waiting) waiting(incoming, at);
    });
    socket.on('close', () => this.closed());
    // A server that is killed resets its sockets: `close` follows and says all there is to say.
    socket.on('error', () => undefined);
  }

  /**
   * Connects, and does not open the document yet.
   * @param sub who it is, for servers that ask
   * @param given a token made before
   */
  static async connect(
    target: Target,
    document: string,
    sub: string,
    given?: string,
  ): Promise<Client> {
    const token = given ?? (await tokenFor(target, sub));
    const url = `ws://127.0.0.1:${target.port}${DIALECTS[target.dialect].path(document)}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new Client(socket, target, document, token);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** Sends the frames that open the document. */
  open(stateVector: Uint8Array = NOTHING): void {
    for (const frame of this.dialect.opening(this.document, this.#token, stateVector)) {
      this.#send(frame);
    }
  }

  /** Opens it, and resolves when the server has said all it holds. @throws when it is denied or silent */
  async opened(): Promise<void> {
    if (!this.dialect.syncs) return;
    const step2 = this.next(({ kind }) => kind === 'step2');
    this.open();
    await step2;
  }

  /** Sends an update. @returns its number on this socket */
  write(update: Uint8Array): number {
    this.#writes += 1;
    this.#send(this.dialect.write(this.document, update, this.#writes));
    return this.#writes;
  }

  /** Answers the server's state vector. @returns its number on this socket */
  answer(update: Uint8Array): number {
    this.#writes += 1;
    this.#send(this.dialect.answer(this.document, update, this.#writes));
    return this.#writes;
  }

  /** Sends an awareness update. */
  show(update: Uint8Array): void {
    this.#send(this.dialect.awareness(this.document, update));
  }

  #send(frame: Uint8Array): void {
    this.traffic.sent += frame.length;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  /** Resolves at the next frame of which `wanted` is true, with when it came. */
  next(wanted: (incoming: Incoming) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      const late = setTimeout(() => {
        end();
        reject(new Error(`No answer for ${this.document}; ${this.#denied ?? 'no reason'}.`));
      }, PATIENCE);
      const look = (incoming: Incoming, at: number) => {
        if (incoming.kind === 'denied') {
          end();
          reject(new Error(`${this.document}: ${incoming.reason}.`));
        } else if (wanted(incoming)) {
          end();
          resolve(at);
        }
      };
      this.#waiting.add(look);
    });
  }

  /** Reads no more, as a device that sleeps: what is sent to it waits somewhere. */
  stop(): void {
    this.#socket.pause();
  }

  goOn(): void {
    this.#socket.resume();
  }

  /** Resolves when the server has worked through what this client sent before, and has sent what follows from it. */
  async quiet(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once('pong', () => resolve());
      this.#socket.ping();
    });
  }

  /** Ends the socket without a word. */
  async cut(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.terminate();
    });
  }

  /** Resolves when the socket is closed. */
  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.close();
    });
  }
}

/** A token for a person, for servers that ask for one. */
export async function tokenFor({ dialect, secret }: Target, sub: string): Promise<string> {
  if (dialect !== 'weft') return '';
  return new SignJWT({ name: sub, access: [{ resource: '*', role: 'editor' }] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime('1d')
    .setIssuedAt()
    .sign(new TextEncoder().encode(secret));
}
