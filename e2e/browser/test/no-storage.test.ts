import { expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

/** Where a browser gives a page no storage. */
function blocked(): void {
  for (const name of ['indexedDB', 'localStorage']) {
    Object.defineProperty(window, name, {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
  }
}

/** Where a browser undoes whatever a page writes. */
function undone(): void {
  for (const name of ['add', 'put'] as const) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...values) {
      const request = write.apply(this, values);
      this.transaction.abort();
      return request;
    };
  }
}

/** Where a browser has no room left. */
function full(): void {
  for (const name of ['add', 'put'] as const) {
    IDBObjectStore.prototype[name] = () => {
      throw new DOMException('There is no room.', 'QuotaExceededError');
    };
  }
}

/** What is written without a device to keep it: the screen says so, and the server has it. */
async function worksWithoutDevice(ann: Person, bea: Person): Promise<void> {
  await ann.newDocument('Plan');
  await ann.type('Typed without a net');
  const banner = ann.page.getByRole('status', { name: 'Storage of this device' });
  await expect(banner).toContainText('Not saved on this device.');
  await ann.hasStored();
  await bea.openDocument('Plan');
  await bea.sees('Typed without a net');
  ann.cutOff();
  await ann.toEnd();
  await ann.type(', and more');
  await expect(ann.status).toHaveAttribute('data-status', 'memory-only');
  await ann.reconnect();
  await ann.hasStored();
  await bea.sees('Typed without a net, and more');
}

test('[D2] storage is blocked: the editor types, the banner says what is at risk, the server gets it all', async ({
  signIn,
}) => {
  await worksWithoutDevice(await signIn('Ann', blocked), await signIn('Bea'));
});

test('[D2] writes are undone: the editor types, the banner says what is at risk, the server gets it all', async ({
  signIn,
}) => {
  await worksWithoutDevice(await signIn('Ann', undone), await signIn('Bea'));
});

test('[D2] no room: the editor types, the banner says what is at risk, the server gets it all', async ({
  signIn,
}) => {
  await worksWithoutDevice(await signIn('Ann', full), await signIn('Bea'));
});

test('[D2] a newer database is left alone: the editor types, the banner says so, the server gets it all', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  // A page that was just signed in on may still be making it.
  await ann.page.waitForFunction(async () =>
    (await indexedDB.databases()).some(({ name }) => name?.startsWith('weft:')),
  );
  const version = await ann.page.evaluate(async () => {
    const found = (await indexedDB.databases()).find(({ name }) => name?.startsWith('weft:'));
    if (found?.name === undefined || found.version === undefined) throw new Error('There is none.');
    const request = indexedDB.open(found.name, found.version + 1);
    return new Promise<number>((resolve, reject) => {
      request.onsuccess = () => {
        resolve(request.result.version);
        request.result.close();
      };
      request.onerror = () => reject(request.error ?? new Error('It was not opened.'));
    });
  });
  await ann.reload();
  await worksWithoutDevice(ann, bea);
  const after = await ann.page.evaluate(() => indexedDB.databases());
  expect(after.map((database) => database.version)).toContain(version);
});
