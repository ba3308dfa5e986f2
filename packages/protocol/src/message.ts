import * as z from 'zod/mini';
import { bodySchema } from './body.ts';

/** A message as a segment holds it: `Y.Map` "messages", key = sequence in decimal. */
export const messageSchema = z.object({
  id: z.string(),
  sequence: z.int().check(z.positive()),
  /** Rises with each edit; the sequence and the id never change (law C2). */
  revision: z.int().check(z.positive()),
  author: z.string(),
  /** The authenticated name at the time of sending. */
  name: z.string(),
  /** UTC milliseconds of the server's commit. */
  at: z.int(),
  /** The sender's clock, UTC milliseconds; for diagnostics only. */
  sentAt: z.int(),
  /** Empty in a message that was deleted. */
  body: bodySchema,
  /** The sequence of the message that this one answers. */
  reply: z.optional(z.int().check(z.positive())),
  /** When its present text was written, where that is not the first; UTC milliseconds of the server. */
  editedAt: z.optional(z.int()),
  /** Who deleted it, and when; its place and its id stay. */
  deleted: z.optional(z.object({ by: z.string(), at: z.int() })),
  /** Number of the event that wrote this; absent in what servers wrote before version 3. */
  event: z.optional(z.int().check(z.positive())),
});
export type Message = z.infer<typeof messageSchema>;

/** A reaction as a segment holds it: `Y.Map` "reactions", key = `reactionKey`. */
export const reactionSchema = z.object({
  /** UTC milliseconds of the server's commit. */
  at: z.int(),
  event: z.int().check(z.positive()),
});

/** A pin as a segment holds it: `Y.Map` "pins", key = sequence in decimal. */
export const pinSchema = z.object({
  by: z.string(),
  /** UTC milliseconds of the server's commit. */
  at: z.int(),
  event: z.int().check(z.positive()),
});
export type Pin = z.infer<typeof pinSchema>;

/** Names of the root `Y.Map`s of a segment. */
export const SEGMENT_ROOT = 'messages';
export const REACTIONS_ROOT = 'reactions';
export const PINS_ROOT = 'pins';

/** The key of one person's reaction to a message. */
export function reactionKey(sequence: number, person: string, emoji: string): string {
  return `${sequence}/${person}/${emoji}`;
}

const REACTION_KEY = /^([1-9][0-9]{0,14})\/([A-Za-z0-9_-]{1,128})\/([^/]+)$/;

/** The parts of a reaction's key; `undefined` for what is none. */
export function parseReactionKey(
  key: string,
): { readonly sequence: number; readonly person: string; readonly emoji: string } | undefined {
  const [, sequence, person, emoji] = REACTION_KEY.exec(key) ?? [];
  if (sequence === undefined || person === undefined || emoji === undefined) return undefined;
  return { sequence: Number(sequence), person, emoji };
}
