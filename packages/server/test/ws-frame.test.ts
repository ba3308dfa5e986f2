import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Wire } from '../src/gateway/wire.ts';
import { FRAMED_MAX_BYTES, frameMessage } from '../src/gateway/ws-frame.ts';

/** A `ws` client, and our end of its socket. */
async function connect() {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const wire = new Promise<Wire>((resolve) => {
    http.once('upgrade', (request, stream, head) => {
      server.handleUpgrade(request, stream, head, (ws) => resolve(new Wire(ws, stream)));
    });
  });
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`, { perMessageDeflate: false });
  const messages: Buffer[] = [];
  client.on('message', (data) => {
    if (data instanceof Buffer) messages.push(data);
  });
  const closed = once(client, 'close');
  onTestFinished(() => {
    client.terminate();
    http.close();
  });
  return { wire: await wire, client, messages, closed };
}

describe('a broadcast is framed once, by us', () => {
  it.each([0, 1, 125, 126, 127, 16_383, 16_384, 70_000])(
    'a message of %i bytes arrives whole, between others, before the close',
    async (length) => {
      const { wire, messages, closed } = await connect();
      const data = new Uint8Array(length).fill(length % 251);
      wire.send(Uint8Array.of(1));
      wire.send(data);
      wire.send(data);
      wire.send(Uint8Array.of(2));
      wire.close(4001, 'done');
      const [code] = await closed;
      expect(messages.map((each) => each.length)).toEqual([1, length, length, 1]);
      expect(messages[1]?.equals(data)).toBe(true);
      expect(messages[2]?.equals(data)).toBe(true);
      expect(code).toBe(4001);
    },
  );

  it('what is sent behind the close goes nowhere', async () => {
    const { wire, messages, closed } = await connect();
    wire.close(4001, 'done');
    wire.send(Uint8Array.of(1));
    await closed;
    expect(messages).toEqual([]);
  });

  it('more than two bytes of length can say is refused', () => {
    expect(frameMessage(new Uint8Array(FRAMED_MAX_BYTES)).length).toBe(FRAMED_MAX_BYTES + 4);
    expect(() => frameMessage(new Uint8Array(FRAMED_MAX_BYTES + 1))).toThrow(RangeError);
  });
});
