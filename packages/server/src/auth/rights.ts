import {
  MAIN_WORKSPACE,
  type Resource,
  type Role,
  formatResource,
  roleFromGrants,
} from '@weft/protocol';
import type { Registry } from '@weft/storage';
import type { Principal } from './principal.ts';

const MAIN = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });

/**
 * What a person may do with a resource; `undefined` is nothing. A token's own grants are final; without them the
 * database decides: the nearest of the resource and its ancestors that names the person.
 */
export async function roleOf(
  registry: Registry,
  principal: Principal,
  resource: Resource,
): Promise<Role | undefined> {
  if (principal.grants !== undefined) return roleFromGrants(principal.grants, resource);
  for (const name of await ancestry(registry, principal.tenant, resource)) {
    const role = await registry.member(principal.tenant, name, principal.sub);
    if (role !== undefined) return role;
  }
  return undefined;
}

/**
 * A resource's name and its ancestors', nearest first. What the database does not know yet belongs to the main
 * workspace: it was made on a device and comes to life at its first write.
 */
async function ancestry(
  registry: Registry,
  tenant: string,
  resource: Resource,
): Promise<readonly string[]> {
  const own = formatResource(resource);
  if (resource.kind === 'workspace') return [own];
  const known = await registry.resource(tenant, resource.kind, resource.id);
  if (resource.kind === 'document') return [own, known?.parent ?? MAIN];
  // The conversation with a document's id is the one beside that document.
  const document = await registry.resource(tenant, 'document', resource.id);
  const beside = formatResource({ kind: 'document', id: resource.id });
  // Once it holds a message, the database names that document as its parent: what counts next is the document's.
  const above = known?.parent === beside ? document?.parent : (known?.parent ?? document?.parent);
  return [own, beside, above ?? MAIN];
}
