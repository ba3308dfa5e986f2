import { type Membership, NOTHING_SEEN, type Receipt, mergeWatermarks } from '@weft/protocol';
import type { Guest, Invite, Registry, ResourceRecord } from '../registry.ts';

/** A registry that lives as long as its process. */
export function createMemoryRegistry(): Registry {
  const resources = new Map<string, ResourceRecord>();
  const members = new Map<string, Map<string, Membership>>();
  const invites = new Map<string, Invite>();
  const revoked = new Map<string, number>();
  const guests = new Map<string, Guest>();
  const receipts = new Map<string, Map<string, Receipt>>();
  const key = (...parts: readonly string[]) => parts.join('\n');

  return {
    createResource: async (resource) => {
      const name = key(resource.tenant, resource.kind, resource.id);
      if (resources.has(name)) return false;
      resources.set(name, resource);
      return true;
    },
    resource: async (tenant, kind, id) => resources.get(key(tenant, kind, id)),
    setMember: async (tenant, resource, person, role) => {
      const name = key(tenant, resource);
      const people = members.get(name) ?? new Map<string, Membership>();
      members.set(name, people);
      if (role === undefined) people.delete(person);
      else people.set(person, role);
    },
    member: async (tenant, resource, person) => members.get(key(tenant, resource))?.get(person),
    members: async (tenant, resource) =>
      [...(members.get(key(tenant, resource)) ?? [])]
        .map(([person, role]) => ({ person, role }))
        .toSorted((a, b) => (a.person < b.person ? -1 : 1)),
    putInvite: async (invite) => {
      if (!invites.has(invite.hash)) invites.set(invite.hash, invite);
    },
    invite: async (hash) => invites.get(hash),
    invites: async (tenant, resource) =>
      [...invites.values()]
        .filter((invite) => invite.tenant === tenant && invite.resource === resource)
        .toSorted((a, b) => a.created - b.created),
    removeInvite: async (hash) => {
      invites.delete(hash);
    },
    revoke: async (tenant, what, at) => {
      const name = key(tenant, what);
      revoked.set(name, Math.max(at, revoked.get(name) ?? at));
    },
    revoked: async (tenant, what) => revoked.get(key(tenant, what)),
    putGuest: async (secretHash, guest) => {
      guests.set(secretHash, guest);
    },
    guest: async (secretHash) => guests.get(secretHash),
    putReceipt: async (tenant, conversation, receipt) => {
      const name = key(tenant, conversation);
      const people = receipts.get(name) ?? new Map<string, Receipt>();
      receipts.set(name, people);
      const before = people.get(receipt.person);
      const next = { ...receipt, ...mergeWatermarks(before ?? NOTHING_SEEN, receipt) };
      if (before?.delivered === next.delivered && before.read === next.read) return undefined;
      people.set(receipt.person, next);
      return next;
    },
    receipts: async (tenant, conversation) => [
      ...(receipts.get(key(tenant, conversation))?.values() ?? []),
    ],
  };
}
