import {
  MAIN_WORKSPACE,
  type Resource,
  type Role,
  conversationKind,
  formatResource,
  isBetweenOthers,
  roleFromGrants,
} from '@weft/protocol';
import type { Registry } from '@weft/storage';
import type { Authorizer } from './authorize.ts';
import type { Principal } from './principal.ts';

const MAIN = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });

/** Who may do what: the one place that sockets of all kinds and HTTP ask (law R2). */
export interface Rights {
  /**
   * What a person may do with a resource; `undefined` is nothing.
   * @throws WeftError `rights-unavailable` when the embedder's answer failed; whatever the store throws
   */
  roleOf(principal: Principal, resource: Resource): Promise<Role | undefined>;
  /** Whether the database has a say in this person's rights: not where a token or the embedder decides. */
  byDatabase(principal: Principal): boolean;
  /** What is known of this person's rights (of everybody's in the tenant, without one) may be wrong now. */
  forget(tenant: string, sub?: string): void;
}

/**
 * Whoever is none of the two people of a direct conversation has nothing of it, whatever else is said of them (law R4).
 * For all else the embedder's answer, where there is one, is final; else the token's own grants are; else the database
 * decides.
 * @param authorizer the embedder's answer
 */
export function createRights(registry: Registry, authorizer: Authorizer | undefined): Rights {
  return {
    roleOf: async (principal, resource) => {
      if (resource.kind === 'conversation' && isBetweenOthers(resource.id, principal.sub)) {
        return undefined;
      }
      if (authorizer !== undefined) return authorizer.ask(principal, resource);
      if (principal.grants !== undefined) return roleFromGrants(principal.grants, resource);
      return roleByDatabase(registry, principal, resource);
    },
    byDatabase: ({ grants }) => authorizer === undefined && grants === undefined,
    forget: (tenant, sub) => authorizer?.forget(tenant, sub),
  };
}

/**
 * The role of the nearest of a resource and its ancestors that names the person. Its maker is its owner, unless it names
 * them otherwise.
 */
async function roleByDatabase(
  registry: Registry,
  { tenant, sub }: Pick<Principal, 'tenant' | 'sub'>,
  resource: Resource,
): Promise<Role | undefined> {
  if (resource.kind === 'conversation' && conversationKind(resource.id).kind === 'direct') {
    return directRole(registry, tenant, sub, resource);
  }
  for (const each of await ancestry(registry, tenant, resource)) {
    const role = await registry.member(tenant, each.name, sub);
    if (role === 'none') return undefined;
    if (role !== undefined) return role;
    if (each.owner === sub) return 'owner';
  }
  return undefined;
}

/** One of the two people of a direct conversation: nobody owns it, and both write, as long as they belong here at all. */
async function directRole(
  registry: Registry,
  tenant: string,
  sub: string,
  resource: Resource,
): Promise<Role | undefined> {
  if ((await registry.member(tenant, formatResource(resource), sub)) === 'none') return undefined;
  const main = { kind: 'workspace', id: MAIN_WORKSPACE } as const;
  const here = await roleByDatabase(registry, { tenant, sub }, main);
  return here === undefined ? undefined : 'editor';
}

interface Place {
  readonly name: string;
  readonly owner?: string | undefined;
}

/**
 * A resource and its ancestors, nearest first. What the database does not know yet belongs to the main workspace: it was
 * made on a device and comes to life at its first write.
 */
async function ancestry(
  registry: Registry,
  tenant: string,
  resource: Resource,
): Promise<readonly Place[]> {
  const known = await registry.resource(tenant, resource.kind, resource.id);
  const own: Place = { name: formatResource(resource), owner: known?.owner };
  if (resource.kind === 'workspace') return [own];
  const place = async (name: string): Promise<Place> => {
    const [, id = ''] = name.split('/');
    return { name, owner: (await registry.resource(tenant, 'workspace', id))?.owner };
  };
  if (resource.kind === 'document') return [own, await place(known?.parent ?? MAIN)];
  const kind = conversationKind(resource.id);
  if (kind.kind === 'thread') {
    // A comment makes nobody the owner of its thread, and who is turned out of the document is out of it too.
    const about = await registry.resource(tenant, 'document', kind.document);
    return [
      { name: own.name },
      { name: formatResource({ kind: 'document', id: kind.document }), owner: about?.owner },
      await place(about?.parent ?? MAIN),
    ];
  }
  // The conversation with a document's id is the one beside that document: a message in it makes nobody its owner.
  const document = await registry.resource(tenant, 'document', resource.id);
  const beside = formatResource({ kind: 'document', id: resource.id });
  // Once it holds a message, the database names that document as its parent: what counts next is the document's.
  if (document !== undefined || known?.parent === beside) {
    return [
      { name: own.name },
      { name: beside, owner: document?.owner },
      await place(document?.parent ?? MAIN),
    ];
  }
  return [own, { name: beside }, await place(known?.parent ?? MAIN)];
}
