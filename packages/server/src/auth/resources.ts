import {
  MAIN_WORKSPACE,
  type Resource,
  conversationKind,
  formatResource,
  streamName,
} from '@weft/protocol';
import type { Registry, Store } from '@weft/storage';
import { SERVER_PRINCIPAL } from './principal.ts';

/**
 * Records a resource that came to life by its first write: its maker owns it. A document belongs to the main
 * workspace; a conversation to the document with its id, where there is one; a thread to the one it is about. Idempotent.
 */
export async function recordResource(
  registry: Registry,
  tenant: string,
  resource: Resource,
  owner: string,
  now: number,
): Promise<void> {
  if (resource.kind === 'workspace') return;
  const parent = await parentOf(registry, tenant, resource);
  await registry.createResource({ tenant, ...resource, parent, owner, created: now });
}

async function parentOf(registry: Registry, tenant: string, resource: Resource): Promise<string> {
  const main = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });
  if (resource.kind !== 'conversation') return main;
  const kind = conversationKind(resource.id);
  if (kind.kind === 'thread') return formatResource({ kind: 'document', id: kind.document });
  const beside = (await registry.resource(tenant, 'document', resource.id)) !== undefined;
  return beside ? formatResource({ kind: 'document', id: resource.id }) : main;
}

/**
 * Records a resource that is in the log and not on record: the commit of its first write was of unknown outcome, or the
 * process ended behind it. Whoever the log names first made it. Idempotent; costs one look where it is on record.
 */
export async function recordMaker(
  store: Pick<Store, 'log' | 'registry'>,
  tenant: string,
  resource: Resource,
): Promise<void> {
  if (resource.kind === 'workspace') return;
  const { log, registry } = store;
  if ((await registry.resource(tenant, resource.kind, resource.id)) !== undefined) return;
  const [first] = await log.read(streamName(tenant, resource), 0, 1);
  // Folded into a snapshot already: nobody can tell any more.
  if (first?.number !== 1 || first.principal === SERVER_PRINCIPAL) return;
  await recordResource(registry, tenant, resource, first.principal, first.at);
}
