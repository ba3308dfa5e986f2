import * as v from 'valibot';
import { bodySchema } from './body.ts';
import { integerSchema, positiveSchema } from './schemas.ts';

/** A message as a segment holds it: `Y.Map` "messages", key = sequence in decimal. */
export const messageSchema = v.object({
  id: v.string(),
  sequence: positiveSchema,
  /** Rises with each edit; the sequence and the id never change (law C2). */
  revision: positiveSchema,
  author: v.string(),
  /** The authenticated name at the time of sending. */
  name: v.string(),
  /** UTC milliseconds of the server's commit. */
  at: integerSchema,
  /** The sender's clock, UTC milliseconds; for diagnostics only. */
  sentAt: integerSchema,
  /** Empty in a message that was deleted. */
  body: bodySchema,
  /** The sequence of the message that this one answers. */
  reply: v.optional(positiveSchema),
  /** When its present text was written, where that is not the first; UTC milliseconds of the server. */
  editedAt: v.optional(integerSchema),
  /** Who deleted it, and when; its place and its id stay. */
  deleted: v.optional(v.object({ by: v.string(), at: integerSchema })),
  /**
   * Not a message but a change of who is in the conversation, by its author; its body is empty. `with`: the other person
   * of a direct conversation, which it begins.
   */
  membership: v.optional(
    v.object({ change: v.picklist(['joined', 'left']), with: v.optional(v.string()) }),
  ),
  /** Number of the event that wrote this; absent in what servers wrote before version 3. */
  event: v.optional(positiveSchema),
});
export type Message = v.InferOutput<typeof messageSchema>;

/** A reaction as a segment holds it: `Y.Map` "reactions", key = `reactionKey`. */
export const reactionSchema = v.object({
  /** UTC milliseconds of the server's commit. */
  at: integerSchema,
  event: positiveSchema,
});

/** A pin as a segment holds it: `Y.Map` "pins", key = sequence in decimal. */
export const pinSchema = v.object({
  by: v.string(),
  /** UTC milliseconds of the server's commit. */
  at: integerSchema,
  event: positiveSchema,
});
export type Pin = v.InferOutput<typeof pinSchema>;

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
