import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PROTOCOL_VERSION, SyncType, encodeWeft, encodeWrite } from '@weft/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { editorToken, startServer } from './support/server.ts';

/** Octets of RFC 6455 on TCP: what a WebSocket library would never send. */

const REQUEST =
  'GET /sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

interface FrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits, as they stand in the first byte. */
  readonly reserved?: number;
  readonly opcode?: number;
  readonly masked?: boolean;
  readonly payload?: Uint8Array;
  /** Length that the head claims; default the payload's. */
  readonly length?: number;
}

/** One frame (RFC 6455, 5.2). The mask is of zeros, so the payload reads as it is. */
function frame({
  fin = true,
  reserved = 0,
  opcode = 2,
  masked = true,
  payload = new Uint8Array(0),
  length = payload.length,
}: FrameOptions): Buffer {
  const mask = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | reserved | opcode;
  let head: Buffer;
  if (length < 126) head = Buffer.from([first, mask | length]);
  else if (length < 65_536) {
    head = Buffer.from([first, mask | 126, length >> 8, length & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = mask | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

/** A WebSocket on a TCP socket of our own. */
async function open(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  let heard = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      const end = heard.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.removeAllListeners('data');
      heard = heard.subarray(end + 4);
      resolve();
    });
    socket.write(REQUEST);
  });
  const closing = new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      if (closeIn(heard) !== undefined) resolve();
    });
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', resolve);
  });
  return {
    write: (bytes: Uint8Array) => socket.write(bytes),
    /** Resolves when the server has said that it closes. */
    told: () => closing,
    /** Resolves when the server has ended the connection, with the code that it said. */
    closed: async () => {
      await ended;
      return closeIn(heard);
    },
  };
}

/** The code of the close that whole frames without a mask end with. */
function closeIn(heard: Buffer): number | undefined {
  let at = 0;
  while (at + 2 <= heard.length) {
    const opcode = heard.readUInt8(at) & 15;
    const short = heard.readUInt8(at + 1) & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > heard.length) return undefined;
    const length =
      short < 126
        ? short
        : short === 126
          ? heard.readUInt16BE(at + 2)
          : Number(heard.readBigUInt64BE(at + 2));
    if (at + head + length > heard.length) return undefined;
    if (opcode === 8) return heard.readUInt16BE(at + head);
    at += head + length;
  }
  return undefined;
}

const bytes = (...values: readonly number[]) => Uint8Array.from(values);

type Violation = readonly [what: string, frames: readonly FrameOptions[], code: number];

const violations: readonly Violation[] = [
  ['a frame without a mask', [{ masked: false, payload: bytes(1, 2, 3) }], 1002],
  ['the first reserved bit', [{ reserved: 0x40, payload: bytes(1) }], 1002],
  ['the second reserved bit', [{ reserved: 0x20, payload: bytes(1) }], 1002],
  ['the third reserved bit', [{ reserved: 0x10, payload: bytes(1) }], 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Violation => [
    `opcode ${opcode}`,
    [{ opcode }],
    1002,
  ]),
  ['a ping of 126 bytes', [{ opcode: 9, payload: new Uint8Array(126) }], 1002],
  ['a pong of 64 KB', [{ opcode: 10, payload: new Uint8Array(65_536) }], 1002],
  ['a ping in fragments', [{ opcode: 9, fin: false }], 1002],
  ['a close in fragments', [{ opcode: 8, fin: false, payload: bytes(3, 232) }], 1002],
  ['a continuation of nothing', [{ opcode: 0, payload: bytes(1) }], 1002],
  ['a message within another', [{ fin: false, payload: bytes(1) }, { payload: bytes(2) }], 1002],
  ['a text that is not UTF-8', [{ opcode: 1, payload: bytes(0xc3, 0x28) }], 1007],
  ['a text with a surrogate', [{ opcode: 1, payload: bytes(0xed, 0xa0, 0x80) }], 1007],
  [
    'a text in fragments that is not UTF-8',
    [
      { opcode: 1, fin: false, payload: bytes(0xf0, 0x9f) },
      { opcode: 0, payload: bytes(0x20) },
    ],
    1007,
  ],
  ['a text', [{ opcode: 1, payload: bytes(0x61) }], 4400],
  ['a close with half a code', [{ opcode: 8, payload: bytes(3) }], 1002],
  ['a close with a code that is none', [{ opcode: 8, payload: bytes(3, 237) }], 1002],
  ['a close whose reason is not UTF-8', [{ opcode: 8, payload: bytes(3, 232, 0xff) }], 1007],
  ['a frame of 2^62 bytes', [{ length: 2 ** 62 }], 1009],
  ['a frame of a gigabyte', [{ length: 2 ** 30 }], 1009],
];

describe('RFC 6455', () => {
  it('[A3] whoever breaks it is refused with its code, and nobody else is', async () => {
    const { port, sync } = await startServer();
    const ann = await rawClient(sync);
    await ann.hello(await editorToken('ann'));
    expect(await ann.open('document/a')).toBe('read-write');
    const codes = await Promise.all(
      violations.map(async ([name, frames]) => {
        const socket = await open(port);
        for (const each of frames) socket.write(frame(each));
        return [name, await socket.closed()] as const;
      }),
    );
    expect(codes).toEqual(violations.map(([name, , code]) => [name, code]));
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'on');
    ann.send(encodeWrite('document/a', SyncType.Update, Y.encodeStateAsUpdate(doc), 1));
    await ann.weft('stored');
  });

  it('what is allowed is taken: fragments with a ping between them, an empty frame, one byte at a time', async () => {
    const { port } = await startServer();
    const socket = await open(port);
    const hello = encodeWeft({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token: 'no token',
      device: 'd',
      build: 't',
    });
    const all = Buffer.concat([
      frame({ fin: false, payload: hello.subarray(0, 5) }),
      frame({ opcode: 9, payload: bytes(1) }),
      frame({ fin: false, opcode: 0 }),
      frame({ opcode: 0, payload: hello.subarray(5) }),
    ]);
    for (const byte of all) socket.write(bytes(byte));
    // It was read as a whole: what is wrong with it is the token.
    expect(await socket.closed()).toBe(4401);
  });
});

describe('slow senders', () => {
  it('[A3] a message that never ends ends after five seconds without a sign-in, and signed in, with its silence', async () => {
    const { port, server } = await startServer();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'Date'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const head = frame({ fin: true, length: 60_000 });
    const slow = await open(port);
    slow.write(head);
    for (let second = 0; second < 5; second += 1) {
      slow.write(bytes(second));
      vi.advanceTimersByTime(1_000);
    }
    await slow.told();
    // It does not answer the close, and is cut after a second more.
    vi.advanceTimersByTime(1_000);
    expect(await slow.closed()).toBe(4408);

    const known = await open(port);
    const hello = encodeWeft({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token: await editorToken('mallory'),
      device: 'd',
      build: 't',
    });
    known.write(frame({ payload: hello }));
    await vi.waitFor(() => expect(server.admission.seated).toBe(1));
    known.write(head);
    for (let second = 0; second < 25; second += 1) {
      known.write(bytes(second));
      vi.advanceTimersByTime(1_000);
    }
    // Cut, not asked to go: whoever answers no ping answers no close either.
    expect(await known.closed()).toBeUndefined();
    await vi.waitFor(() => expect(server.admission.seated).toBe(0));
  });
});

/** Files that a process may have open. */
function openFiles(): number {
  const [, most] =
    /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Number(most ?? 0);
}

/** What the crowd says next. */
function said(crowd: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => crowd.once('message', resolve));
}

const SOCKETS = 10_000;

describe('a crowd', () => {
  // macOS and Windows have no /proc; a process that may not have so many files cannot be asked.
  it.skipIf(process.platform !== 'linux' || openFiles() < SOCKETS + 1_000)(
    '[A3] of 10,000 sockets at once: what is too many from one address is refused, the others have five seconds, and who is signed in goes on',
    { timeout: 60_000 },
    async () => {
      const { port, sync, server } = await startServer({ admission: { perAddress: 8_000 } });
      const ann = await rawClient(sync);
      await ann.hello(await editorToken('ann'));
      expect(await ann.open('document/a')).toBe('read-write');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => {
        vi.useRealTimers();
      });
      const entry = fileURLToPath(new URL('./fixtures/crowd.ts', import.meta.url));
      const crowd = fork(entry, [String(port), String(SOCKETS)]);
      onTestFinished(() => {
        crowd.kill('SIGKILL');
      });
      // One of the 8,000 is Ann's.
      expect(await said(crowd)).toEqual({ statuses: { 101: 7_999, 429: 2_001 } });
      const doc = new Y.Doc();
      doc.getText('t').insert(0, 'on');
      ann.send(encodeWrite('document/a', SyncType.Update, Y.encodeStateAsUpdate(doc), 1));
      await ann.weft('stored');
      const ends = said(crowd);
      vi.advanceTimersByTime(5_000);
      expect(await ends).toEqual({ codes: { 4408: 7_999 } });
      expect(server.admission).toMatchObject({
        seated: 1,
        refused: { 'too-many-connections': 2_001 },
      });
      // Their places are free again.
      await vi.waitFor(async () => {
        const later = await rawClient(sync);
        await later.hello(await editorToken('bea'));
      }, 20_000);
    },
  );
});
