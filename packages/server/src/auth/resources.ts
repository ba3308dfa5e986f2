import { MAIN_WORKSPACE, type Resource, formatResource } from '@weft/protocol';
import type { Registry } from '@weft/storage';

/**
 * Records a resource that came to life by its first write: its maker owns it. A document belongs to the main
 * workspace; a conversation to the document with its id, where there is one. Idempotent.
 */
export async function recordResource(
  registry: Registry,
  tenant: string,
  resource: Resource,
  owner: string,
  now: number,
): Promise<void> {
  if (resource.kind === 'workspace') return;
  const main = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });
  const beside =
    resource.kind === 'conversation' &&
    (await registry.resource(tenant, 'document', resource.id)) !== undefined;
  const parent = beside ? formatResource({ kind: 'document', id: resource.id }) : main;
  await registry.createResource({ tenant, ...resource, parent, owner, created: now });
}
