import {
  SESSION_PROTOCOL,
  type SessionFrame,
  SessionWindow,
  decodeSessionFrame,
  encodeDataHead,
  encodeSessionFrame,
} from '@weft/protocol';
import WebSocket from 'ws';
import { Client, NOTHING, PATIENCE, tokenFor } from './client.ts';
import { DIALECTS, type Incoming } from './dialects.ts';
import type { Target } from './jobs.ts';

/** Somebody who has a document open, is cut off, and comes back. */
export interface Returner {
  /** Opens the document; resolves when all of it has come. */
  open(): Promise<void>;
  /** The network is gone, without a word. */
  cut(): Promise<void>;
  /** Comes back; resolves with when what was missed had come. */
  comeBack(): Promise<number>;
  close(): Promise<void>;
}

/** Without sessions: the document is opened again, and its state vectors compared. */
export class ComparingReturner implements Returner {
  readonly #target: Target;
  readonly #document: string;
  readonly #sub: string;
  readonly #stateVector: Uint8Array;
  #client: Client | undefined;

  /** @param stateVector of the document as it is before the cut */
  constructor(target: Target, document: string, sub: string, stateVector: Uint8Array) {
    this.#target = target;
    this.#document = document;
    this.#sub = sub;
    this.#stateVector = stateVector;
  }

  async open(): Promise<void> {
    this.#client = await Client.connect(this.#target, this.#document, this.#sub);
    await this.#client.opened();
  }

  async cut(): Promise<void> {
    await this.#client?.cut();
  }

  async comeBack(): Promise<number> {
    const client = await Client.connect(this.#target, this.#document, this.#sub);
    this.#client = client;
    const step2 = client.next(({ kind }) => kind === 'step2');
    // Whoever is asked what the server lacks answers that it is nothing.
    client.heard = ({ kind }) => {
      if (kind === 'step1') client.answer(NOTHING_NEW);
    };
    client.open(this.#stateVector);
    return step2;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}

/** The update that holds nothing. */
const NOTHING_NEW = Uint8Array.of(0, 0);

/** With a session: it goes on. */
export class ResumingReturner implements Returner {
  readonly #target: Target;
  readonly #document: string;
  readonly #sub: string;
  readonly #window = new SessionWindow();
  readonly #waiting = new Set<(frame: SessionFrame, incoming: Incoming | undefined) => void>();
  #token = '';
  #secret = '';
  #socket: WebSocket | undefined;

  constructor(target: Target, document: string, sub: string) {
    this.#target = target;
    this.#document = document;
    this.#sub = sub;
  }

  async open(): Promise<void> {
    this.#token = await tokenFor(this.#target, this.#sub);
    await this.#dial();
    const opened = this.#next((frame) => frame.type === 'opened');
    this.#say(encodeSessionFrame({ type: 'open' }));
    await opened;
    const all = this.#next((_, incoming) => incoming?.kind === 'step2');
    const dialect = DIALECTS[this.#target.dialect];
    for (const message of dialect.opening(this.#document, this.#token, NOTHING)) {
      for (const frame of this.#window.send(message)) {
        const head = encodeDataHead(frame, frame.sequence, this.#window.acknowledge());
        this.#say(Buffer.concat([head, frame.payload]));
      }
    }
    await all;
  }

  async cut(): Promise<void> {
    await closed(this.#socket, (socket) => socket.terminate());
  }

  async comeBack(): Promise<number> {
    await this.#dial();
    const missed = this.#next((frame, incoming) => {
      if (frame.type === 'refused') throw new Error(`Refused: ${frame.code}.`);
      return incoming?.kind === 'update';
    });
    this.#say(
      encodeSessionFrame({
        type: 'resume',
        secret: this.#secret,
        received: this.#window.received,
        token: this.#token,
      }),
    );
    return missed;
  }

  async close(): Promise<void> {
    await closed(this.#socket, (socket) => socket.close(1000));
  }

  async #dial(): Promise<void> {
    const { dialect, port } = this.#target;
    const url = `ws://127.0.0.1:${port}${DIALECTS[dialect].path(this.#document)}`;
    const socket = new WebSocket(url, [SESSION_PROTOCOL], { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data) => {
      if (data instanceof Buffer) this.#heard(decodeSessionFrame(data));
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
    });
  }

  #say(frame: Uint8Array): void {
    this.#socket?.send(frame);
  }

  #heard(frame: SessionFrame): void {
    if (frame.type === 'opened' || frame.type === 'resumed') this.#secret = frame.secret;
    let incoming: Incoming | undefined;
    if (frame.type === 'data') {
      const { message, ackDue } = this.#window.receive(frame);
      if (message !== undefined) incoming = DIALECTS[this.#target.dialect].read(message);
      if (ackDue) {
        this.#say(encodeSessionFrame({ type: 'ack', received: this.#window.acknowledge() }));
      }
    }
    for (const waiting of this.#waiting) waiting(frame, incoming);
  }

  /** Resolves at the next frame of which `wanted` is true, with when it came. */
  #next(wanted: (frame: SessionFrame, incoming: Incoming | undefined) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      const late = setTimeout(() => {
        end();
        reject(new Error(`No answer for ${this.#document}.`));
      }, PATIENCE);
      const look = (frame: SessionFrame, incoming: Incoming | undefined) => {
        try {
          if (!wanted(frame, incoming)) return;
          end();
          resolve(performance.now());
        } catch (error) {
          end();
          reject(error instanceof Error ? error : new Error('A frame could not be read.'));
        }
      };
      this.#waiting.add(look);
    });
  }
}

async function closed(
  socket: WebSocket | undefined,
  end: (socket: WebSocket) => void,
): Promise<void> {
  if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    end(socket);
  });
}
