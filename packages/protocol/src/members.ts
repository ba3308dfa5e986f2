import * as v from 'valibot';
import type { Message } from './message.ts';
import { positiveSchema } from './schemas.ts';

/** Somebody who is in a conversation. */
export const memberSchema = v.object({
  person: v.string(),
  /** The authenticated name when they joined; empty for whom somebody else began a direct conversation with. */
  name: v.string(),
  /** The sequence at which they came in. */
  since: positiveSchema,
});
export type Member = v.InferOutput<typeof memberSchema>;

/** By `sub`. */
export type Members = ReadonlyMap<string, Member>;

export const NOBODY: Members = new Map();

/** What a change of membership was asked for as. */
export interface Move {
  readonly id: string;
  readonly counter: number;
}

/** The newest change of membership by `moverOf`. */
export type Moves = ReadonlyMap<string, Move>;

/** A person's device. */
export function moverOf(sub: string, device: string): string {
  return `${sub} ${device}`;
}

/** What a change of membership says. */
export type MembershipChange = Pick<Message, 'author' | 'name' | 'sequence' | 'membership'>;

/** Who is in after a message: the same map where it is no change of membership. */
export function membersAfter(members: Members, message: MembershipChange): Members {
  const { author, name, sequence, membership } = message;
  if (membership === undefined) return members;
  const next = new Map(members);
  if (membership.change === 'left') {
    next.delete(author);
    return next;
  }
  next.set(author, { person: author, name, since: sequence });
  if (membership.with !== undefined) {
    next.set(membership.with, { person: membership.with, name: '', since: sequence });
  }
  return next;
}
