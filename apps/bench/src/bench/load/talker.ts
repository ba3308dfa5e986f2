import {
  type Down,
  FrameReader,
  PROTOCOL_VERSION,
  WEFT_ADDRESS,
  decodeDocumentFrame,
  decodeDown,
  encodeAuth,
  encodeSyncStep1,
  encodeWeft,
  formatAddress,
} from '@weft/protocol';
import WebSocket from 'ws';
import { NOTHING, PATIENCE, tokenFor } from './client.ts';
import type { Target } from './jobs.ts';

/** What a member of a conversation hears; `at` is when it arrived. */
export interface Heard {
  /** Bytes that messages may be in. */
  readonly shown: (bytes: Uint8Array, at: number) => void;
  readonly acked: (id: string, at: number) => void;
  readonly refused: (code: string) => void;
}

/**
 * A member of a conversation, speaking in frames: has its newest segment open, opens the next when the head names it, and
 * sends commands. At a relay it sends the same bytes, and hears those of others.
 */
export class Talker {
  readonly conversation: string;
  readonly device: string;
  readonly #stores: boolean;
  readonly #socket: WebSocket;
  readonly #heard: Heard;
  #segment = 0;
  #counter = 0;
  #opened: () => void = () => undefined;

  private constructor(
    target: Target,
    socket: WebSocket,
    conversation: string,
    sub: string,
    heard: Heard,
  ) {
    this.conversation = conversation;
    this.device = `device-${sub}`;
    this.#stores = target.dialect === 'weft';
    this.#socket = socket;
    this.#heard = heard;
    socket.on('message', (data) => {
      if (data instanceof Buffer) this.#receive(data, performance.now());
    });
    // A server that goes away closes its sockets: what does not arrive is counted.
    socket.on('error', () => undefined);
  }

  /** Connects, and opens the conversation. @throws when the server does not answer */
  static async join(
    target: Target,
    conversation: string,
    sub: string,
    heard: Heard,
  ): Promise<Talker> {
    const token = await tokenFor(target, sub);
    const path = target.dialect === 'weft' ? '/sync' : `/${conversation}`;
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}${path}`, {
      perMessageDeflate: false,
    });
    const talker = new Talker(target, socket, conversation, sub, heard);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    if (!talker.#stores) return talker;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`No answer for ${conversation}.`)), PATIENCE);
      talker.#opened = () => {
        clearTimeout(late);
        resolve();
      };
      const device = talker.device;
      const hello = { protocol: PROTOCOL_VERSION, token, device, build: 'bench' };
      socket.send(encodeWeft({ type: 'hello', ...hello }));
      talker.#open(0);
    });
    return talker;
  }

  /** @param id a ULID */
  say(id: string, text: string): void {
    this.#counter += 1;
    const { conversation, device } = this;
    const action = { type: 'send', body: { version: 1, text } } as const;
    const counter = this.#counter;
    this.#socket.send(
      encodeWeft({ type: 'command', id, device, counter, conversation, at: Date.now(), action }),
    );
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.close();
    });
  }

  #open(segment: number): void {
    this.#segment = segment;
    const name = formatAddress({ kind: 'conversation', id: this.conversation, segment });
    this.#socket.send(encodeAuth(name, ''));
    this.#socket.send(encodeSyncStep1(name, NOTHING));
  }

  #receive(frame: Buffer, at: number): void {
    if (!this.#stores) {
      this.#heard.shown(frame, at);
      return;
    }
    if (frame.length === 1) return;
    const reader = new FrameReader(frame);
    if (reader.string() === WEFT_ADDRESS) {
      this.#told(decodeDown(reader.decoder), at);
      return;
    }
    const read = decodeDocumentFrame(reader);
    if (read.type === 'denied') this.#heard.refused(read.code);
    if (read.type === 'update' || read.type === 'step2') this.#heard.shown(read.update, at);
    if (read.type === 'step2') this.#opened();
  }

  #told(message: Down, at: number): void {
    switch (message.type) {
      case 'ack':
        if (message.result.outcome === 'stored') this.#heard.acked(message.id, at);
        else this.#heard.refused(message.result.code);
        break;
      case 'event':
        for (; this.#segment < message.segment;) this.#open(this.#segment + 1);
        break;
      case 'bye':
        this.#heard.refused(message.code);
        break;
      default:
    }
  }
}
