/** Names on the wire and in the log: which resource a frame, a token or a stream speaks of. */

/** Ids are made on devices (ULIDs, or the embedder's own), so their grammar is checked at every door. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;

/** Tenants are part of every key, so theirs is checked at every door too. */
export const TENANT_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The address of our own messages: no document can have it, since its kind is missing. */
export const WEFT_ADDRESS = '!weft';

/** The tenant of tokens that name none. */
export const DEFAULT_TENANT = '_';

/** The workspace that a first start seeds, and that unknown documents belong to. */
export const MAIN_WORKSPACE = 'main';

export type ResourceKind = 'workspace' | 'document' | 'conversation';

/** What rights are given on: `workspace/<id>`, `document/<id>` or `conversation/<id>`. */
export interface Resource {
  readonly kind: ResourceKind;
  readonly id: string;
}

/** What a synced Yjs document is: a resource, or one segment of a conversation. */
export type Address =
  | { readonly kind: 'document'; readonly id: string }
  | { readonly kind: 'workspace'; readonly id: string }
  | { readonly kind: 'conversation'; readonly id: string; readonly segment: number };

const SEGMENT_PATTERN = /^(0|[1-9][0-9]{0,8})$/;

/**
 * Reads the name of a synced document. Returns `undefined` for anything outside the grammar, so that a name
 * never reaches a stream, a path or a log line unchecked.
 */
export function parseAddress(name: string): Address | undefined {
  const [kind, id, segment, ...rest] = name.split('/');
  if (id === undefined || rest.length > 0 || !ID_PATTERN.test(id)) return undefined;
  if (kind === 'conversation') {
    if (segment === undefined || !SEGMENT_PATTERN.test(segment)) return undefined;
    return { kind, id, segment: Number(segment) };
  }
  if (segment !== undefined) return undefined;
  return kind === 'document' || kind === 'workspace' ? { kind, id } : undefined;
}

/** The name that `parseAddress` reads back. */
export function formatAddress(address: Address): string {
  const name = `${address.kind}/${address.id}`;
  return address.kind === 'conversation' ? `${name}/${address.segment}` : name;
}

/** The resource whose rights govern an address: every segment has its conversation's. */
export function resourceOf(address: Address): Resource {
  return { kind: address.kind, id: address.id };
}

/** `document/abc`: how tokens, tables and errors name a resource. */
export function formatResource(resource: Resource): string {
  return `${resource.kind}/${resource.id}`;
}

/** The log stream of who came into a conversation and left it. */
export function membersStream(tenant: string, conversation: string): string {
  return `${tenant}/conversation/${conversation}/members`;
}

/** The log stream of what one person alone is told: which direct conversations they are in. */
export function personStream(tenant: string, sub: string): string {
  return `${tenant}/person/${sub}`;
}

/** The log stream of a file: who brought its bytes, and which messages name it. */
export function fileStream(tenant: string, hash: string): string {
  return `${tenant}/file/${hash}`;
}

/** The log stream of a synced document, or of a conversation's events when no segment is named. */
export function streamName(tenant: string, resource: Resource | Address): string {
  const base = `${tenant}/${resource.kind}/${resource.id}`;
  return 'segment' in resource ? `${base}/${resource.segment}` : base;
}
