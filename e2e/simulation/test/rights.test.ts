import { type Weft, createWeft } from '@weft/client';
import type { Membership } from '@weft/protocol';
import { type WeftServer, createWeftServer } from '@weft/server';
import type { Store } from '@weft/storage';
import { openMemoryDevice } from '@weft/storage/device-memory';
import { openMemoryStore } from '@weft/storage/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from './support/sign-in.ts';
import { until } from './support/until.ts';

/** Rights that change under open clients: our client, our server, real sockets; the database decides. */

const SECRET = 'a secret for tests, longer than 32 bytes';

describe('rights that change', () => {
  let server: WeftServer;
  let store: Store;
  let port = 0;
  const clients: Weft[] = [];

  beforeEach(async () => {
    store = await openMemoryStore();
    server = await createWeftServer({ store, secret: SECRET });
    ({ port } = await server.listen(0, '127.0.0.1'));
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  /** A guest on a device of their own. */
  async function person(name: string) {
    const { token, sub } = await signIn(port, name);
    const weft = createWeft({
      url: `ws://127.0.0.1:${port}/sync`,
      token,
      person: { sub, name },
      store: openMemoryDevice(),
    });
    clients.push(weft);
    /** Changes this person's role on a document, and tells the server. Resolves with a clock of what follows. */
    const becomes = async (role: Membership | undefined) => {
      await store.registry.setMember('_', 'document/plan', sub, role);
      const since = performance.now();
      server.rightsChanged('_', sub);
      return () => performance.now() - since;
    };
    return { weft, sub, becomes };
  }

  it('[R2] [R3] an open document follows each role within a second: commenter, reader, none, editor again', async () => {
    const ann = await person('Ann');
    const bea = await person('Bea');
    const own = ann.weft.document('plan');
    own.doc.getText('content').insert(0, 'plan');
    await until(own.status, ({ state }) => state === 'stored');
    // Its maker may do everything with it, also where only the workspace names them.
    await ann.becomes(undefined);
    const document = bea.weft.document('plan');
    const beside = bea.weft.conversation('plan');
    await until(document.access, ({ state }) => state === 'editor');
    await until(beside.access, ({ state }) => state === 'editor');

    let took = await bea.becomes('commenter');
    await until(document.access, ({ state }) => state === 'commenter');
    await until(beside.access, ({ state }) => state === 'commenter');
    expect(took()).toBeLessThan(1000);
    // What was typed without a network by who is a commenter now is set aside; what they say is stored.
    bea.weft.disconnect();
    document.doc.getText('content').insert(0, 'not for ann: ');
    bea.weft.connect();
    const [refusal] = await until(bea.weft.refusals, (list) => list.length > 0);
    expect(refusal).toMatchObject({ code: 'read-only', text: 'not for ann: ' });
    await beside.send('A comment');
    await until(beside.timeline, (items) => items.some((item) => item.state === 'stored'));

    await bea.becomes('reader');
    await until(document.access, ({ state }) => state === 'reader');
    await until(beside.access, ({ state }) => state === 'reader');

    took = await bea.becomes('none');
    expect(await until(document.access, ({ state }) => state === 'denied')).toEqual({
      state: 'denied',
      code: 'forbidden',
    });
    await until(beside.access, ({ state }) => state === 'denied');
    expect(took()).toBeLessThan(1000);
    // Nothing is delivered from then on (law C9), and the socket goes on for everything else.
    own.doc.getText('content').insert(0, 'secret ');
    await until(own.status, ({ state }) => state === 'stored');
    expect(document.doc.getText('content').toJSON()).toBe('plan');
    expect(bea.weft.connection.get()).toEqual({ state: 'online' });

    await bea.becomes('editor');
    await until(document.access, ({ state }) => state === 'editor');
    await until(beside.access, ({ state }) => state === 'editor');
    await beside.send('Back again');
    await until(beside.timeline, (items) => items.filter((i) => i.state === 'stored').length === 2);
    const again = document.doc.getText('content');
    await new Promise<void>((resolve) => {
      const check = () => {
        if (again.toJSON() === 'secret plan') resolve();
      };
      again.observe(check);
      check();
    });
    again.insert(0, 'ours: ');
    await until(document.status, ({ state }) => state === 'stored');
  });

  it('[R3] work that was not sent when the document was lost is kept, and sent when it is given again', async () => {
    const ann = await person('Ann');
    const bea = await person('Bea');
    const document = bea.weft.document('plan');
    const content = document.doc.getText('content');
    content.insert(0, 'shared');
    await until(document.status, ({ state }) => state === 'stored');
    await bea.becomes('none');
    await until(document.access, ({ state }) => state === 'denied');
    content.insert(6, ', and mine alone');
    await until(document.status, ({ state, waiting }) => state === 'local' && waiting === 1);
    expect(bea.weft.refusals.get()).toEqual([]);
    await bea.becomes('editor');
    await until(document.status, ({ state }) => state === 'stored');
    const seen = ann.weft.document('plan');
    await seen.synced;
    expect(seen.doc.getText('content').toJSON()).toBe('shared, and mine alone');
  });

  it('[R3] a person whose sign-ins are taken back is out within a second, with a code, and keeps what was not sent', async () => {
    const ann = await person('Ann');
    const bea = await person('Bea');
    const document = bea.weft.document('plan');
    document.doc.getText('content').insert(0, 'shared');
    await until(document.status, ({ state }) => state === 'stored');
    const since = performance.now();
    await server.revoke('_', { sub: bea.sub });
    expect(await until(bea.weft.connection, ({ state }) => state === 'revoked')).toEqual({
      state: 'revoked',
      code: 'revoked',
    });
    expect(performance.now() - since).toBeLessThan(1000);
    document.doc.getText('content').insert(6, ' and mine');
    expect(await until(document.status, ({ state }) => state === 'local')).toMatchObject({
      waiting: 1,
    });
    await until(ann.weft.connection, ({ state }) => state === 'online');
    // The token that is still in the client's hands opens nothing more.
    bea.weft.connect();
    await until(bea.weft.connection, ({ state }) => state === 'connecting');
    await until(bea.weft.connection, ({ state }) => state === 'revoked');
  });
});
