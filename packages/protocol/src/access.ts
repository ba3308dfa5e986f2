import * as v from 'valibot';
import { conversationKind } from './conversation-kind.ts';
import { DEFAULT_TENANT, type Resource, TENANT_PATTERN, formatResource } from './names.ts';
import { NAME_MAX } from './limits.ts';
import { ROLES, type Role, higherRole } from './role.ts';
import { finiteSchema, idSchema } from './schemas.ts';

/** Who may do what: the claims of a token, and which of several grants counts. */

export const roleSchema = v.picklist(ROLES);

/** A resource a grant names: `*`, `document/*`, `document/draft-*` or `document/abc`. */
const PATTERN =
  /^(\*|(workspace|document|conversation)\/([A-Za-z0-9_-]{1,128}|[A-Za-z0-9_-]{0,127}\*))$/;

export const grantSchema = v.object({
  resource: v.pipe(v.string(), v.regex(PATTERN)),
  role: roleSchema,
});
export type Grant = v.InferOutput<typeof grantSchema>;

/** The claims of a token (JWT, RFC 7519). `exp` and `iat` are seconds, as the RFC has them. */
export const claimsSchema = v.object({
  sub: idSchema,
  tid: v.optional(v.pipe(v.string(), v.regex(TENANT_PATTERN)), DEFAULT_TENANT),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(NAME_MAX)),
  access: v.optional(v.pipe(v.array(grantSchema), v.maxLength(1000))),
  exp: v.optional(finiteSchema),
  iat: v.optional(finiteSchema),
  jti: v.optional(idSchema),
});
export type Claims = v.InferOutput<typeof claimsSchema>;

/** Whether a grant's pattern covers a resource: equal, or the part before a final `*` is a prefix. */
function covers(pattern: string, resource: string): boolean {
  return pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : pattern === resource;
}

/**
 * The resources whose grants count for this one, itself included: the conversation with a document's id is the
 * one beside that document and takes its role; so does a thread, of the document that it is about.
 */
export function governing(resource: Resource): readonly Resource[] {
  if (resource.kind !== 'conversation') return [resource];
  const found = conversationKind(resource.id);
  switch (found.kind) {
    case 'direct':
      return [resource];
    case 'thread':
      return [resource, { kind: 'document', id: found.document }];
    case 'open':
      return [resource, { kind: 'document', id: resource.id }];
    default: {
      const unreachable: never = found;
      return unreachable;
    }
  }
}

/** The highest role that any matching grant gives; `undefined` when none matches. */
export function roleFromGrants(grants: readonly Grant[], resource: Resource): Role | undefined {
  let role: Role | undefined;
  for (const candidate of governing(resource)) {
    const name = formatResource(candidate);
    for (const grant of grants) {
      if (covers(grant.resource, name)) role = higherRole(role, grant.role);
    }
  }
  return role;
}
