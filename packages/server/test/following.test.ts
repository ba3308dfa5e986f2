import { PROTOCOL_VERSION, encodeAuth, encodeWeft } from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createWeftCore, silentLogger } from '../src/index.ts';

it('a socket that is gone is told nothing more of the conversations it had open', async () => {
  const store = await openMemoryStore();
  const principal = {
    tenant: '_',
    sub: 'ann',
    name: 'Ann',
    grants: [{ resource: '*', role: 'editor' as const }],
    expires: undefined,
  };
  const core = await createWeftCore({
    store,
    verify: async () => principal,
    now: () => 1_000,
    logger: silentLogger,
    build: 'test',
  });
  onTestFinished(() => core.close());
  const send = vi.fn<(data: unknown) => void>();
  const socket = core.accept({ readyState: 1, send, close: () => undefined });
  socket.receive(
    encodeWeft({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      token: 't',
      device: 'd',
      build: 't',
    }),
  );
  // Two segments of one conversation, and one of another: both conversations are followed.
  for (const key of ['conversation/general/0', 'conversation/general/1', 'conversation/other/0']) {
    socket.receive(encodeAuth(key, ''));
  }
  const heads = () => send.mock.calls.filter(([data]) => text(data).includes('"event"')).length;
  await vi.waitFor(() => expect(heads()).toBe(3));
  socket.closed();
  send.mockClear();
  for (const [n, conversation] of ['general', 'other'].entries()) {
    const result = await core.talk.command(principal, {
      type: 'command',
      id: `01J${String(n).padStart(23, '0')}`,
      device: 'd',
      counter: n + 1,
      conversation,
      at: 1,
      action: { type: 'send', body: { version: 1, text: 'hello' } },
    });
    expect(result.outcome).toBe('stored');
  }
  expect(send).not.toHaveBeenCalled();
});

function text(data: unknown): string {
  return data instanceof Uint8Array ? new TextDecoder().decode(data) : '';
}
