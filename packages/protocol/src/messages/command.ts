import * as v from 'valibot';
import { BODY_VERSION, bodySchema } from '../body.ts';
import type { ErrorCode } from '../errors.ts';
import { traceParentSchema } from '../trace.ts';
import { idSchema, naturalSchema, positiveSchema } from '../schemas.ts';
import { QUOTE_MAX } from '../limits.ts';

const sequence = positiveSchema;

/** One reaction: an emoji, or a few letters. No slash, since it is part of a key; no space, nothing invisible. */
const EMOJI = /^[^\s/\p{Cc}\p{Cs}]{1,32}$/u;
const emoji = v.pipe(v.string(), v.regex(EMOJI));

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Names a thread; the mark in the document holds it too. */
const anchor = v.pipe(v.string(), v.regex(ULID));

/** What a comment thread is about: text of the document as it was, on one line; empty for the document as a whole. */
export const quoteSchema = v.pipe(
  v.string(),
  v.maxLength(QUOTE_MAX),
  v.regex(/^[^\p{Cc}\p{Cs}]*$/u),
);

/**
 * What a command asks for. `send`, `join` and `leave` take a sequence; what holds one names the message that it changes,
 * what holds an anchor a thread.
 */
export const actionSchema = v.variant('type', [
  v.object({
    type: v.literal('send'),
    body: bodySchema,
    /** The message that this one answers. */
    reply: v.optional(sequence),
  }),
  /** A new revision of a message of one's own. */
  v.object({ type: v.literal('edit'), sequence, body: bodySchema }),
  v.object({ type: v.literal('delete'), sequence }),
  v.object({ type: v.literal('react'), sequence, emoji }),
  v.object({ type: v.literal('unreact'), sequence, emoji }),
  v.object({ type: v.literal('pin'), sequence }),
  v.object({ type: v.literal('unpin'), sequence }),
  /** Comes into a channel; or begins a direct conversation, with the other person of it. */
  v.object({ type: v.literal('join'), with: v.optional(idSchema) }),
  /** Leaves a channel. */
  v.object({ type: v.literal('leave') }),
  /** Lists a comment thread of the document beside which this conversation is. */
  v.object({ type: v.literal('thread'), anchor, quote: quoteSchema }),
  /** Calls a thread settled, and takes that back. */
  v.object({ type: v.literal('resolve'), anchor }),
  v.object({ type: v.literal('reopen'), anchor }),
]);
export type Action = v.InferOutput<typeof actionSchema>;

/** An action that changes who is in the conversation. */
export type MembershipAction = Extract<Action, { type: 'join' | 'leave' }>;

/** An action that changes the list of a document's threads. */
export type ThreadAction = Extract<Action, { type: 'thread' | 'resolve' | 'reopen' }>;

/** An action that changes a message that is there. */
export type ChangeAction = Exclude<Action, { type: 'send' } | MembershipAction | ThreadAction>;

/** Whether an action changes the list of a document's threads. */
export function isThreadAction(action: Action): action is ThreadAction {
  return 'anchor' in action;
}

/** Whether an action changes a message that is there. */
export function isChange(action: Action): action is ChangeAction {
  return 'sequence' in action;
}

const envelope = {
  type: v.literal('command'),
  /** ULID, made by the device. */
  id: v.pipe(v.string(), v.regex(ULID)),
  /** The device that made it, and its place among that device's commands in this conversation. */
  device: idSchema,
  counter: positiveSchema,
  conversation: idSchema,
  /** The device's clock, UTC milliseconds; for diagnostics only, never for order. */
  at: naturalSchema,
  /** The trace that it belongs to, where its device or the server traces; kept with the event, for diagnostics only. */
  trace: v.optional(traceParentSchema),
};

/** An effect that a device asks for; the id makes it happen at most once, for ever (law C3). */
export const commandSchema = v.object({ ...envelope, action: actionSchema });
export type Command = v.InferOutput<typeof commandSchema>;

/**
 * A command as it arrives. What it asks for is read apart (`readAction`): a newer client's command is refused alone,
 * under its id, and neither its socket nor the commands behind it suffer.
 */
export const commandFrameSchema = v.object({
  ...envelope,
  action: v.looseObject({ type: v.string() }),
});
export type CommandFrame = v.InferOutput<typeof commandFrameSchema>;

const KNOWN: ReadonlySet<string> = new Set(
  actionSchema.options.map(({ entries }) => entries.type.literal),
);

/** The command in a frame, or the code of its refusal. */
export function readCommand(frame: CommandFrame): Command | { readonly refused: ErrorCode } {
  if (!KNOWN.has(frame.action.type)) return { refused: 'command-unknown' };
  const action = v.safeParse(actionSchema, frame.action);
  if (action.success) return { ...frame, action: action.output };
  const { body } = frame.action;
  if (typeof body === 'object' && body !== null && 'version' in body) {
    const { version } = body;
    if (typeof version === 'number' && version > BODY_VERSION)
      return { refused: 'version-unknown' };
  }
  return { refused: 'request-invalid' };
}
