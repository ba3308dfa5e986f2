import {
  type Down,
  FrameReader,
  MessageType,
  SyncType,
  type Up,
  WEFT_ADDRESS,
  decodeDown,
  encodeAuth,
  encodeWeft,
  PROTOCOL_VERSION,
} from '@weft/protocol';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';

/** A frame from the server, taken apart as far as tests ask. */
export type Received =
  | { readonly kind: 'weft'; readonly message: Down }
  | { readonly kind: 'auth'; readonly address: string; readonly result: string }
  | {
      readonly kind: 'sync';
      readonly address: string;
      readonly type: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'status'; readonly address: string; readonly stored: boolean }
  | { readonly kind: 'other'; readonly address: string; readonly type: number };

/** A socket that speaks frames and nothing else: what a hostile or broken client could send. */
export async function rawClient(url: string) {
  const ws = new WebSocket(url);
  ws.binaryType = 'nodebuffer';
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let closed: { readonly code: number; readonly reason: string } | undefined;
  const changed = () => {
    for (const check of waiting) check();
  };
  ws.on('message', (data) => {
    if (!Buffer.isBuffer(data)) throw new TypeError('A frame is bytes.');
    received.push(read(new Uint8Array(data)));
    changed();
  });
  ws.on('close', (code, reason) => {
    closed = { code, reason: reason.toString() };
    changed();
  });
  onTestFinished(() => ws.terminate());
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve);
    ws.once('error', reject);
  });

  /** Resolves with the first value that is not undefined, now or after a later frame. */
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });

  const client = {
    received,
    send: (frame: Uint8Array) => ws.send(frame),
    say: (message: Up) => ws.send(encodeWeft(message)),
    until,
    closed: () => until(() => closed),
    /** The network is gone: no closing handshake. */
    cut: () => ws.terminate(),
    weft: <T extends Down['type']>(
      type: T,
      where: (message: Extract<Down, { type: T }>) => boolean = () => true,
    ) =>
      until(() => {
        for (const frame of received) {
          if (frame.kind !== 'weft' || frame.message.type !== type) continue;
          const message = frame.message as Extract<Down, { type: T }>;
          if (where(message)) return message;
        }
        return undefined;
      }),
    hello: async (token: string) => {
      client.say({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        token,
        device: 'device-1',
        build: 'test',
      });
      return client.weft('welcome');
    },
    /** Opens a document; resolves with `read-write`, `readonly` or the code of the refusal. */
    open: async (address: string, token = '') => {
      client.send(encodeAuth(address, token));
      const answer = await until(() =>
        received.find((frame) => frame.kind === 'auth' && frame.address === address),
      );
      return answer.kind === 'auth' ? answer.result : 'none';
    },
  };
  return client;
}

function read(frame: Uint8Array): Received {
  const reader = new FrameReader(frame);
  const address = reader.string();
  if (address === WEFT_ADDRESS) return { kind: 'weft', message: decodeDown(reader.decoder) };
  const type = reader.uint();
  switch (type) {
    case MessageType.Auth:
      reader.uint();
      return { kind: 'auth', address, result: reader.string() };
    case MessageType.Sync:
    case MessageType.SyncReply:
      return { kind: 'sync', address, type: reader.uint(), bytes: reader.bytes() };
    case MessageType.SyncStatus:
      return { kind: 'status', address, stored: reader.uint() === 1 };
    default:
      return { kind: 'other', address, type };
  }
}

export { SyncType };
