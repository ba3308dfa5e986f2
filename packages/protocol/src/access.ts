import * as z from 'zod/mini';
import { DEFAULT_TENANT, ID_PATTERN, type Resource, formatResource } from './names.ts';
import { NAME_MAX } from './limits.ts';

/** Who may do what: roles, the claims of a token, and which of several grants counts. */

/** Least first: a higher place may do all that a lower one may. */
export const ROLES = ['reader', 'editor'] as const;

export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** A resource a grant names: `*`, `document/*`, `document/draft-*` or `document/abc`. */
const PATTERN =
  /^(\*|(workspace|document|conversation)\/([A-Za-z0-9_-]{1,128}|[A-Za-z0-9_-]{0,127}\*))$/;

export const grantSchema = z.object({
  resource: z.string().check(z.regex(PATTERN)),
  role: roleSchema,
});
export type Grant = z.infer<typeof grantSchema>;

/** The claims of a token (JWT, RFC 7519). `exp` and `iat` are seconds, as the RFC has them. */
export const claimsSchema = z.object({
  sub: z.string().check(z.regex(ID_PATTERN)),
  name: z.string().check(z.minLength(1), z.maxLength(NAME_MAX)),
  tid: z._default(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)), DEFAULT_TENANT),
  access: z.optional(z.array(grantSchema).check(z.maxLength(1000))),
  exp: z.optional(z.number()),
  iat: z.optional(z.number()),
});
export type Claims = z.infer<typeof claimsSchema>;

/** The higher of two roles; `undefined` is no access at all. */
export function higherRole(a: Role | undefined, b: Role | undefined): Role | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return ROLES.indexOf(a) >= ROLES.indexOf(b) ? a : b;
}

/** Whether a grant's pattern covers a resource: equal, or the part before a final `*` is a prefix. */
export function covers(pattern: string, resource: string): boolean {
  return pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : pattern === resource;
}

/**
 * The resources whose grants count for this one, itself included: the conversation with a document's id is the
 * one beside that document and takes its role.
 */
export function governing(resource: Resource): readonly Resource[] {
  return resource.kind === 'conversation'
    ? [resource, { kind: 'document', id: resource.id }]
    : [resource];
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
