import type { BlobStore, StoredBlob } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MakeMedium, StoreMedium } from './medium.ts';

/** By what browsers have too: their suites are loaded beside this one. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function* chunksOf(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: number[] = [];
  for await (const chunk of chunks) for (const byte of chunk) parts.push(byte);
  return Uint8Array.from(parts);
}

async function listOf(blobs: BlobStore): Promise<readonly StoredBlob[]> {
  const found: StoredBlob[] = [];
  for await (const blob of blobs.list()) found.push(blob);
  return found;
}

/** Bytes that differ for each `n`, more than one chunk of them. */
const content = (n: number) => Uint8Array.from({ length: 100_001 }, (_, at) => (at * 7 + n) % 251);

/** The contract of the `BlobStore` port, for stores that have one. */
export function describeBlobContract(name: string, makeMedium: MakeMedium): void {
  describe(`blob contract: ${name}`, () => {
    let medium: StoreMedium;
    let close: () => Promise<void>;
    let blobs: BlobStore;
    const open = async (opened: ReturnType<StoreMedium['open']>) => {
      const store = await opened;
      if (store.blobs === undefined) throw new Error('This store keeps no files.');
      blobs = store.blobs;
      close = () => store.close();
    };
    beforeEach(async () => {
      medium = await makeMedium();
      await open(medium.open());
    });
    afterEach(async () => {
      await close();
      await medium.dispose();
    });

    it('[B1] gives back what it was given, whole or its beginning, and an empty file too', async () => {
      for (const bytes of [content(1), new Uint8Array()]) {
        const hash = await hashOf(bytes);
        expect(await blobs.put('_', hash, chunksOf(bytes), 5_000)).toBe(bytes.length);
        expect(await blobs.find('_', hash)).toEqual({
          tenant: '_',
          hash,
          bytes: bytes.length,
          at: 5_000,
        });
        expect(await whole(blobs.read('_', hash))).toEqual(bytes);
        expect(await whole(blobs.read('_', hash, 3))).toEqual(bytes.slice(0, 3));
      }
    });

    it('[B1] keeps nothing of what has another hash, or ends halfway', async () => {
      const hash = await hashOf(content(1));
      const halfway = async function* () {
        yield content(1).subarray(0, 50_000);
        throw new TypeError('the connection is gone');
      };
      await expect(blobs.put('_', hash, chunksOf(content(2)), 0)).rejects.toMatchObject({
        code: 'invalid-entry',
      });
      await expect(blobs.put('_', hash, halfway(), 0)).rejects.toThrow(TypeError);
      expect(await blobs.find('_', hash)).toBeUndefined();
      expect(await listOf(blobs)).toEqual([]);
      await expect(whole(blobs.read('_', hash))).rejects.toMatchObject({ code: 'failed' });
    });

    it('keeps one copy of what is brought twice, also at the same time, with the newer time', async () => {
      const bytes = content(3);
      const hash = await hashOf(bytes);
      await Promise.all([1, 2, 3].map(() => blobs.put('_', hash, chunksOf(bytes), 1_000)));
      await blobs.put('_', hash, chunksOf(bytes), 9_000);
      expect(await listOf(blobs)).toEqual([{ tenant: '_', hash, bytes: bytes.length, at: 9_000 }]);
    });

    it('keeps tenants apart, also those whose names differ by case alone', async () => {
      const bytes = content(4);
      const hash = await hashOf(bytes);
      await blobs.put('acme', hash, chunksOf(bytes), 0);
      expect(await blobs.find('Acme', hash)).toBeUndefined();
      await blobs.put('Acme', hash, chunksOf(bytes), 0);
      await blobs.remove('acme', hash);
      await blobs.remove('acme', hash);
      expect(await blobs.find('acme', hash)).toBeUndefined();
      expect(await whole(blobs.read('Acme', hash))).toEqual(bytes);
      expect((await listOf(blobs)).map(({ tenant }) => tenant)).toEqual(['Acme']);
    });

    it('takes no name that is no hash, and no tenant that is none', async () => {
      const hash = await hashOf(content(1));
      for (const [tenant, name] of [
        ['_', '../auth-secret'],
        ['_', hash.toUpperCase()],
        ['..', hash],
        ['a/b', hash],
      ] as const) {
        const put = async () => blobs.put(tenant, name, chunksOf(content(1)), 0);
        await expect(put()).rejects.toMatchObject({ code: 'invalid-entry' });
        await expect((async () => blobs.find(tenant, name))()).rejects.toMatchObject({
          code: 'invalid-entry',
        });
      }
    });

    it('[B1] has what it took in after reopening', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      const bytes = content(6);
      const hash = await hashOf(bytes);
      await blobs.put('_', hash, chunksOf(bytes), 7_000);
      await close();
      await open(medium.reopen?.() ?? medium.open());
      expect(await whole(blobs.read('_', hash))).toEqual(bytes);
    });
  });
}
