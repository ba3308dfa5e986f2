import {
  type Down,
  FrameReader,
  MessageType,
  PROTOCOL_VERSION,
  type SessionFrame,
  SessionWindow,
  SyncType,
  WEFT_ADDRESS,
  decodeDown,
  decodeSessionFrame,
  encodeAuth,
  encodeAwareness,
  encodeDataHead,
  encodeSessionFrame,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
} from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import { vi } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Endpoint, WeftCore } from '../../src/index.ts';

/** One WebSocket of a session, without a network: what either side sends, the other has at once. */
export class TestLink {
  readonly frames: SessionFrame[] = [];
  readonly endpoint: Endpoint;
  /** The code with which the server closed. */
  code: number | undefined;
  #open = true;
  #muted = false;

  constructor(core: Pick<WeftCore, 'acceptSession'>, heard: (frame: SessionFrame) => void) {
    const open = () => this.#open;
    this.endpoint = core.acceptSession({
      get readyState() {
        return open() ? 1 : 3;
      },
      send: (data) => {
        if (!this.#open || this.#muted || !(data instanceof Uint8Array)) return;
        const frame = decodeSessionFrame(data.slice());
        this.frames.push(frame);
        heard(frame);
      },
      close: (code) => {
        this.code ??= code;
        this.gone(code ?? 1005);
      },
    });
  }

  say(frame: Exclude<SessionFrame, { type: 'data' }>): void {
    this.deliver(encodeSessionFrame(frame));
  }

  deliver(bytes: Uint8Array): void {
    if (!this.#muted) this.endpoint.receive(bytes);
  }

  /** The WebSocket is gone; the server has noticed. */
  gone(code: number, silence = 0): void {
    if (!this.#open) return;
    this.#open = false;
    this.endpoint.closed(code, silence);
  }

  /** The server hears nothing more and says what reaches nobody, and neither side knows. */
  mute(): void {
    this.#muted = true;
  }
}

/** A client of a session with one document, as small as tests need it. */
export class SessionClient {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly messages: Down[] = [];
  /** Frames at the document's address by type, in order. */
  readonly types: number[] = [];
  window = new SessionWindow();
  secret = '';
  link: TestLink;
  readonly #core: WeftCore;
  readonly #token: string;
  readonly #address: string;
  readonly #device: string;

  constructor(core: WeftCore, token: string, address = 'document/one', device = 'd') {
    this.#device = device;
    this.#core = core;
    this.#token = token;
    this.#address = address;
    this.link = this.#connect();
  }

  /** Signs in, opens the document, and has what the server has. */
  async start(): Promise<this> {
    this.link.say({ type: 'open' });
    this.send(
      encodeWeft({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        token: this.#token,
        device: this.#device,
        build: 't',
      }),
    );
    await vi.waitFor(() => {
      if (!this.messages.some(({ type }) => type === 'welcome')) throw new Error('No welcome.');
    });
    this.send(encodeAuth(this.#address, ''));
    this.send(encodeSyncStep1(this.#address, Y.encodeStateVector(this.doc)));
    await vi.waitFor(() => {
      if (!this.types.includes(MessageType.Sync)) throw new Error('Not open.');
    });
    return this;
  }

  send(message: Uint8Array): void {
    for (const frame of this.window.send(message)) this.#write(frame);
  }

  /** Types, and sends it. */
  write(n: number, text: string): void {
    const before = Y.encodeStateVector(this.doc);
    this.doc.getText('t').insert(0, text);
    const update = Y.encodeStateAsUpdate(this.doc, before);
    this.send(encodeWrite(this.#address, SyncType.Update, update, n));
  }

  point(state: Record<string, unknown> | null): void {
    this.awareness.setLocalState(state);
    const update = encodeAwarenessUpdate(this.awareness, [this.doc.clientID]);
    this.send(encodeAwareness(this.#address, update));
  }

  /** Shows a state for any client id, whosever it is. */
  forge(client: number, clock: number, state: Record<string, unknown> | null): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
    this.send(encodeAwareness(this.#address, encoding.toUint8Array(encoder)));
  }

  get text(): string {
    return this.doc.getText('t').toString();
  }

  get others(): number {
    return [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID).length;
  }

  /** Comes back on another link; resolves with what the server answered. */
  async resume(
    own: { readonly secret?: string; readonly token?: string } = {},
  ): Promise<SessionFrame> {
    this.link = this.#connect();
    this.link.say({
      type: 'resume',
      secret: own.secret ?? this.secret,
      received: this.window.received,
      token: own.token ?? this.#token,
    });
    const { link } = this;
    return vi.waitFor(() => {
      const [first] = link.frames;
      if (first === undefined) throw new Error('No answer.');
      return first;
    });
  }

  #connect(): TestLink {
    return new TestLink(this.#core, (frame) => this.#heard(frame));
  }

  #write(frame: { sequence: number; channel: number; last: boolean; payload: Uint8Array }): void {
    const head = encodeDataHead(frame, frame.sequence, this.window.acknowledge());
    this.link.deliver(Uint8Array.from([...head, ...frame.payload]));
  }

  #heard(frame: SessionFrame): void {
    switch (frame.type) {
      case 'opened':
        this.secret = frame.secret;
        break;
      case 'resumed':
        this.secret = frame.secret;
        for (const each of this.window.missing(frame.received) ?? []) this.#write(each);
        break;
      case 'data': {
        const { message } = this.window.receive(frame);
        if (message !== undefined) this.#message(message);
        break;
      }
      case 'ack':
      case 'pong':
        this.window.acknowledged(frame.received);
        break;
      default:
    }
  }

  #message(message: Uint8Array): void {
    const reader = new FrameReader(message);
    if (reader.string() === WEFT_ADDRESS) {
      this.messages.push(decodeDown(reader.decoder));
      return;
    }
    const type = reader.uint();
    this.types.push(type);
    if (type === MessageType.Awareness) {
      applyAwarenessUpdate(this.awareness, reader.bytes(), 'server');
    } else if (type === MessageType.Sync || type === MessageType.SyncReply) {
      if (reader.uint() !== SyncType.Step1) Y.applyUpdate(this.doc, reader.bytes(), 'server');
    }
  }
}
