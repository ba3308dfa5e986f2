/** What somebody may do with a resource. */

/** Least first: a higher place may do all that a lower one may. */
export const ROLES = ['reader', 'commenter', 'editor', 'owner'] as const;

export type Role = (typeof ROLES)[number];

/** What a resource says of a person: a role, or that they have none here, whatever its ancestors say. */
export type Membership = Role | 'none';

/** Whether a text is a membership. */
export function isMembership(text: string): text is Membership {
  return text === 'none' || ROLES.some((role) => role === text);
}

/** Whether a role changes documents. */
export function mayWrite(role: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf('editor');
}

/** Whether a role says anything in conversations: comments among it. */
export function mayTalk(role: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf('commenter');
}

/** The higher of two roles; `undefined` is no access at all. */
export function higherRole(a: Role | undefined, b: Role | undefined): Role | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return ROLES.indexOf(a) >= ROLES.indexOf(b) ? a : b;
}
