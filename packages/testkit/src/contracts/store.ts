import type { Store } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MakeMedium, StoreMedium } from './medium.ts';

/** The contract of the `Store` port: whose history it is, and how it ends. */
export function describeStoreContract(name: string, makeMedium: MakeMedium): void {
  describe(`store contract: ${name}`, () => {
    let medium: StoreMedium;
    let store: Store;
    beforeEach(async () => {
      medium = await makeMedium();
      store = await medium.open();
    });
    afterEach(async () => {
      await store.close();
      await medium.dispose();
    });

    it('has an id of its own, and an epoch that starts at 1', async () => {
      const other = await makeMedium();
      const second = await other.open();
      try {
        expect(store.identity.serverId).not.toBe('');
        expect(second.identity.serverId).not.toBe(store.identity.serverId);
        expect(store.identity.epoch).toBe(1);
      } finally {
        await second.close();
        await other.dispose();
      }
    });

    it('keeps its identity after reopening', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      const { serverId, epoch } = store.identity;
      await store.close();
      store = (await medium.reopen?.()) ?? store;
      expect(store.identity).toEqual({ serverId, epoch });
    });

    it('may be closed twice, and at the same time', async () => {
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('[C4] appends nothing once it is closed, and says so', async () => {
      await store.close();
      await expect(
        store.log.append([
          { stream: 'a', principal: 'ann', kind: 'update', at: 0, bytes: new Uint8Array([1]) },
        ]),
      ).rejects.toThrow();
    });
  });
}
