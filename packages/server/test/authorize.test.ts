import { createServer } from 'node:http';
import { SyncType, encodeWrite } from '@weft/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as Y from 'yjs';
import { type Authorize, webhookAuthorize } from '../src/index.ts';
import { rawClient } from './support/raw-client.ts';
import { SECRET, editorToken, signToken, startServer } from './support/server.ts';

/** A server whose rights are the embedder's, and somebody signed in there. */
async function authorized(authorize: Authorize) {
  let clock = Date.now();
  const { server, sync } = await startServer({ authorize, now: () => clock });
  const client = await rawClient(sync);
  await client.hello(await signToken('ann'));
  return {
    server,
    sync,
    client,
    pass: (ms: number) => {
      clock += ms;
    },
  };
}

describe('the embedder decides', () => {
  it('[R2] its answer is final: above a token’s own grants, above the database', async () => {
    const asked: unknown[] = [];
    const { sync } = await authorized((question) => {
      asked.push(question);
      return question.resource === 'document/a' ? 'editor' : null;
    });
    const client = await rawClient(sync);
    await client.hello(await editorToken('bea'));
    expect(await client.open('document/a')).toBe('read-write');
    expect(await client.open('document/b')).toBe('forbidden');
    expect(asked[0]).toEqual({
      tenant: '_',
      sub: 'bea',
      name: 'Name of bea',
      resource: 'document/a',
    });
    expect(await client.weft('access')).toMatchObject({ document: 'document/a', role: 'editor' });
  });

  it.each<[string, Authorize]>([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    // @ts-expect-error -- what a program without types could answer
    ['answers with what is no role', () => 'admin'],
    // @ts-expect-error -- what a program without types could answer
    ['answers with nothing', () => undefined],
  ])('[R2] one that %s gives nothing, with a code to come back on', async (_what, authorize) => {
    const { client } = await authorized(authorize);
    expect(await client.open('document/a')).toBe('rights-unavailable');
  });

  it('[R2] one that does not answer within three seconds gives nothing, and is told to stop', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let stopped: AbortSignal | undefined;
    const begun = new Promise<void>((resolve) => {
      void authorized((_question, signal) => {
        stopped = signal;
        resolve();
        return new Promise(() => {});
      }).then(({ client }) => {
        opened = client.open('document/a');
      });
    });
    let opened: Promise<string> | undefined;
    await begun;
    vi.advanceTimersByTime(3_000);
    expect(await opened).toBe('rights-unavailable');
    expect(stopped?.aborted).toBe(true);
  });

  it('[R3] an answer is kept for five seconds; told of a change, the server asks again at once', async () => {
    let role: 'editor' | 'reader' | null = 'editor';
    let asked = 0;
    const { server, sync, client, pass } = await authorized(() => {
      asked += 1;
      return role;
    });
    await client.open('document/a');
    const another = async () => {
      const second = await rawClient(sync);
      await second.hello(await signToken('ann'));
      return second.open('document/a');
    };
    expect(await another()).toBe('read-write');
    expect(asked).toBe(1);
    pass(5_000);
    expect(await another()).toBe('read-write');
    expect(asked).toBe(2);
    role = 'reader';
    server.rightsChanged('_', 'ann');
    await client.weft('access', (message) => message.role === 'reader');
    role = null;
    server.rightsChanged('_');
    await client.until(() =>
      client.received.find((frame) => frame.kind === 'auth' && frame.result === 'forbidden'),
    );
  });

  it('[R3] what cannot be asked anew within a second is closed, and may be opened later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let answers = true;
    const { server, client } = await authorized(() =>
      answers ? 'editor' : new Promise<null>(() => {}),
    );
    expect(await client.open('document/a')).toBe('read-write');
    answers = false;
    server.rightsChanged('_', 'ann');
    vi.advanceTimersByTime(900);
    await client.until(() =>
      client.received.find(
        (frame) => frame.kind === 'auth' && frame.result === 'rights-unavailable',
      ),
    );
  });
});

describe('a socket that was told to go', () => {
  it('[R3] is not read any more, though its client does not close it', async () => {
    const { server, store, sync } = await startServer();
    const client = await rawClient(sync);
    await client.hello(await editorToken('ann'));
    await client.open('document/a');
    const doc = new Y.Doc();
    doc.getText('t').insert(0, 'too late');
    await server.revoke('_', { sub: 'ann' });
    // The server's close has not arrived here yet.
    client.send(encodeWrite('document/a', SyncType.Update, Y.encodeStateAsUpdate(doc), 1));
    expect(await client.closed()).toMatchObject({ code: 4403, reason: 'revoked' });
    await server.close();
    expect(await store.log.head('_/document/a')).toBe(0);
  });
});

describe('the embedder decides by a webhook', () => {
  it('[R2] asks with its secret; only status 200 with a role gives anything', async () => {
    const asked: string[] = [];
    let answer: readonly [number, string] = [200, '{"role":"commenter"}'];
    const hook = createServer((request, response) => {
      asked.push(`${request.method} ${request.headers.authorization}`);
      request.resume();
      response.writeHead(answer[0], { location: '/' });
      response.end(answer[1]);
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      hook.closeAllConnections();
      hook.close();
    });
    const address = hook.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    const url = new URL(`http://127.0.0.1:${address.port}/may`);
    const ask = (): Promise<unknown> =>
      Promise.resolve(
        webhookAuthorize({ url, secret: SECRET })(
          { tenant: '_', sub: 'ann', name: 'Ann', resource: 'document/a' },
          AbortSignal.timeout(5_000),
        ),
      );
    expect(await ask()).toBe('commenter');
    expect(asked).toEqual([`POST Bearer ${SECRET}`]);
    answer = [200, '{"role":null}'];
    expect(await ask()).toBeNull();
    for (const wrong of [
      [200, '{"role":"admin"}'],
      [200, '{}'],
      [200, 'yes'],
      [302, '{"role":"owner"}'],
      [403, '{"role":"owner"}'],
      [200, `{"role":"owner","x":"${'x'.repeat(5_000)}"}`],
    ] as const) {
      answer = wrong;
      await expect(ask()).rejects.toThrow();
    }
  });
});
