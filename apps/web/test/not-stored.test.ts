import { openMemoryDevice } from '@weft/storage/device-memory';
import { expect, it } from 'vitest';
import { countNotStored, notStoredWords } from '../src/sync/not-stored.ts';

it('[D2] counts what the server is not known to have, of every document on the device', async () => {
  const store = openMemoryDevice();
  const bytes = Uint8Array.of(0, 0);
  await store.append({ document: 'document/a', bytes, origin: 'local', changes: 3 });
  const stored = await store.append({ document: 'document/a', bytes, origin: 'local' });
  await store.append({ document: 'document/b', bytes, origin: 'local', changes: 2 });
  await store.append({ document: 'document/c', bytes, origin: 'remote' });
  await store.markStored('document/a', [stored]);
  expect(await countNotStored(store)).toEqual({ changes: 5, messages: 0 });
});

it('says how much it is, and nothing of nothing', () => {
  expect(notStoredWords({ changes: 0, messages: 0 })).toBeUndefined();
  expect(notStoredWords({ changes: 12, messages: 0 })).toBe(
    '12 changes have not reached the server yet; nobody else would see them.',
  );
  expect(notStoredWords({ changes: 0, messages: 1 })).toBe(
    '1 message has not reached the server yet; nobody else would see it.',
  );
  expect(notStoredWords({ changes: 2, messages: 1 })).toBe(
    '2 changes and 1 message have not reached the server yet; nobody else would see them.',
  );
});
