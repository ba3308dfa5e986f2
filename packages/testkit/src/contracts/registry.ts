import type { Registry, ResourceRecord, Store } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MakeMedium, StoreMedium } from './medium.ts';

/** The contract of the `Registry` port: resources, members and guests. */
export function describeRegistryContract(name: string, makeMedium: MakeMedium): void {
  describe(`registry contract: ${name}`, () => {
    let medium: StoreMedium;
    let store: Store;
    let registry: Registry;
    beforeEach(async () => {
      medium = await makeMedium();
      store = await medium.open();
      registry = store.registry;
    });
    afterEach(async () => {
      await store.close();
      await medium.dispose();
    });

    const spec: ResourceRecord = {
      tenant: '_',
      kind: 'document',
      id: 'spec',
      parent: 'workspace/main',
      owner: 'ann',
      created: 1_700_000_000_000,
    };

    it('a resource is as it was first recorded', async () => {
      expect(await registry.createResource(spec)).toBe(true);
      expect(await registry.createResource({ ...spec, owner: 'bea', parent: undefined })).toBe(
        false,
      );
      expect(await registry.resource('_', 'document', 'spec')).toEqual(spec);
    });

    it('a resource at the top has no parent', async () => {
      const top: ResourceRecord = { ...spec, kind: 'workspace', id: 'main', parent: undefined };
      await registry.createResource(top);
      expect(await registry.resource('_', 'workspace', 'main')).toEqual(top);
    });

    it('tenants, kinds and ids, case included, keep resources apart', async () => {
      await registry.createResource(spec);
      expect(await registry.resource('other', 'document', 'spec')).toBeUndefined();
      expect(await registry.resource('_', 'conversation', 'spec')).toBeUndefined();
      expect(await registry.resource('_', 'document', 'Spec')).toBeUndefined();
      expect(await registry.createResource({ ...spec, tenant: 'other', owner: 'cy' })).toBe(true);
      expect((await registry.resource('_', 'document', 'spec'))?.owner).toBe('ann');
    });

    it('one of many who create a resource at the same time made it', async () => {
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, i) => registry.createResource({ ...spec, owner: `p${i}` })),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      const kept = await registry.resource('_', 'document', 'spec');
      expect(kept?.owner).toBe(`p${made.indexOf(true)}`);
    });

    it('[D9] a member has the role given last, on that resource and tenant only', async () => {
      await registry.setMember('_', 'workspace/main', 'ann', 'editor');
      expect(await registry.member('_', 'workspace/main', 'ann')).toBe('editor');
      await registry.setMember('_', 'workspace/main', 'ann', 'reader');
      expect(await registry.member('_', 'workspace/main', 'ann')).toBe('reader');
      expect(await registry.member('_', 'workspace/main', 'bea')).toBeUndefined();
      expect(await registry.member('_', 'workspace/Main', 'ann')).toBeUndefined();
      expect(await registry.member('_', 'document/main', 'ann')).toBeUndefined();
      expect(await registry.member('other', 'workspace/main', 'ann')).toBeUndefined();
    });

    it('[R2] a person may be named as having nothing, or not be named any more; a resource lists whom it names', async () => {
      const set = (person: string, role: 'owner' | 'commenter' | 'none' | undefined) =>
        registry.setMember('_', 'document/spec', person, role);
      await set('cy', 'none');
      await set('bea', 'commenter');
      await set('ann', 'owner');
      await registry.setMember('other', 'document/spec', 'dan', 'owner');
      await registry.setMember('_', 'document/spec2', 'dan', 'owner');
      expect(await registry.member('_', 'document/spec', 'cy')).toBe('none');
      expect(await registry.members('_', 'document/spec')).toEqual([
        { person: 'ann', role: 'owner' },
        { person: 'bea', role: 'commenter' },
        { person: 'cy', role: 'none' },
      ]);
      await set('bea', undefined);
      await set('never', undefined);
      expect(await registry.member('_', 'document/spec', 'bea')).toBeUndefined();
      expect(await registry.members('_', 'document/spec')).toHaveLength(2);
      expect(await registry.members('_', 'document/none')).toEqual([]);
    });

    it('invites are found by their hash and by what they invite to, and are gone once removed', async () => {
      const invite = (hash: string, created: number, resource = 'document/spec') =>
        ({
          hash,
          tenant: '_',
          resource,
          role: 'editor',
          by: 'ann',
          created,
          expires: created + 1,
        }) as const;
      await registry.putInvite(invite('h2', 2));
      await registry.putInvite(invite('h1', 1));
      await registry.putInvite(invite('h3', 3, 'document/other'));
      await registry.putInvite({ ...invite('h1', 9), role: 'owner' });
      expect(await registry.invite('h1')).toEqual(invite('h1', 1));
      expect(await registry.invites('_', 'document/spec')).toEqual([
        invite('h1', 1),
        invite('h2', 2),
      ]);
      expect(await registry.invites('other', 'document/spec')).toEqual([]);
      await registry.removeInvite('h1');
      await registry.removeInvite('never');
      expect(await registry.invite('h1')).toBeUndefined();
      expect(await registry.invites('_', 'document/spec')).toHaveLength(1);
    });

    it('[R3] what was taken back stays so: the latest time counts, for one tenant', async () => {
      expect(await registry.revoked('_', 'sub/ann')).toBeUndefined();
      await registry.revoke('_', 'sub/ann', 5);
      await registry.revoke('_', 'sub/ann', 9);
      await registry.revoke('_', 'sub/ann', 7);
      expect(await registry.revoked('_', 'sub/ann')).toBe(9);
      expect(await registry.revoked('_', 'sub/bea')).toBeUndefined();
      expect(await registry.revoked('other', 'sub/ann')).toBeUndefined();
    });

    it('a guest is found by the hash of their secret; a known hash gets the new name', async () => {
      expect(await registry.guest('hash-1')).toBeUndefined();
      await registry.putGuest('hash-1', { tenant: '_', sub: 'g1', name: 'Ann' });
      await registry.putGuest('hash-2', { tenant: '_', sub: 'g2', name: 'Ann' });
      await registry.putGuest('hash-1', { tenant: '_', sub: 'g1', name: 'Änne 🧵' });
      expect(await registry.guest('hash-1')).toEqual({ tenant: '_', sub: 'g1', name: 'Änne 🧵' });
      expect(await registry.guest('hash-2')).toEqual({ tenant: '_', sub: 'g2', name: 'Ann' });
    });

    it('[C8] watermarks only rise, each for itself, and what was read has been delivered', async () => {
      const put = (person: string, delivered: number, read: number) =>
        registry.putReceipt('_', 'general', { person, name: person, delivered, read });
      const sorted = async (tenant = '_', conversation = 'general') =>
        [...(await registry.receipts(tenant, conversation))]
          .toSorted((a, b) => (a.person < b.person ? -1 : 1))
          .map(({ person, delivered, read }) => [person, delivered, read]);
      expect(await put('ann', 3, 0)).toMatchObject({ delivered: 3, read: 0 });
      expect(await put('ann', 2, 5)).toMatchObject({ delivered: 5, read: 5 });
      expect(await put('ann', 5, 4)).toBeUndefined();
      expect(await put('bea', 0, 2)).toMatchObject({ delivered: 2, read: 2 });
      expect(await put('ann', 6, 1)).toMatchObject({ delivered: 6, read: 5 });
      expect(await sorted()).toEqual([
        ['ann', 6, 5],
        ['bea', 2, 2],
      ]);
      expect(await sorted('_', 'other')).toEqual([]);
      expect(await sorted('other')).toEqual([]);
    });

    it('everything answered is there after reopening', async ({ skip }) => {
      if (medium.reopen === undefined) skip('this adapter keeps nothing');
      await registry.createResource(spec);
      await registry.setMember('_', 'workspace/main', 'ann', 'editor');
      await registry.putGuest('hash-1', { tenant: '_', sub: 'g1', name: 'Ann' });
      const receipt = { person: 'ann', name: 'Ann', delivered: 4, read: 3 };
      await registry.putReceipt('_', 'general', receipt);
      await registry.revoke('_', 'sub/ann', 7);
      await store.close();
      store = (await medium.reopen?.()) ?? store;
      registry = store.registry;
      expect(await registry.resource('_', 'document', 'spec')).toEqual(spec);
      expect(await registry.createResource(spec)).toBe(false);
      expect(await registry.receipts('_', 'general')).toEqual([receipt]);
      expect(await registry.revoked('_', 'sub/ann')).toBe(7);
      expect(await registry.member('_', 'workspace/main', 'ann')).toBe('editor');
      expect(await registry.guest('hash-1')).toEqual({ tenant: '_', sub: 'g1', name: 'Ann' });
    });
  });
}
