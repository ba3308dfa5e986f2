import { NOTHING_SEEN, type Receipt, type Role, mergeWatermarks } from '@weft/protocol';
import type { Guest, Registry, ResourceRecord } from '../registry.ts';

/** A registry that lives as long as its process. */
export function createMemoryRegistry(): Registry {
  const resources = new Map<string, ResourceRecord>();
  const members = new Map<string, Role>();
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
      members.set(key(tenant, resource, person), role);
    },
    member: async (tenant, resource, person) => members.get(key(tenant, resource, person)),
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
