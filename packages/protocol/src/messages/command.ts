import * as z from 'zod/mini';
import { BODY_VERSION, bodySchema } from '../body.ts';
import type { ErrorCode } from '../errors.ts';
import { ID_PATTERN } from '../names.ts';

const sequence = z.int().check(z.positive());

/** One reaction: an emoji, or a few letters. No slash, since it is part of a key; no space, nothing invisible. */
const EMOJI = /^[^\s/\p{Cc}\p{Cs}]{1,32}$/u;
const emoji = z.string().check(z.regex(EMOJI));

/** What a command asks for. Only `send` takes a sequence; all others name the one that they change. */
export const actionSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('send'),
    body: bodySchema,
    /** The message that this one answers. */
    reply: z.optional(sequence),
  }),
  /** A new revision of a message of one's own. */
  z.object({ type: z.literal('edit'), sequence, body: bodySchema }),
  z.object({ type: z.literal('delete'), sequence }),
  z.object({ type: z.literal('react'), sequence, emoji }),
  z.object({ type: z.literal('unreact'), sequence, emoji }),
  z.object({ type: z.literal('pin'), sequence }),
  z.object({ type: z.literal('unpin'), sequence }),
]);
export type Action = z.infer<typeof actionSchema>;

/** An action that changes a message that is there. */
export type ChangeAction = Exclude<Action, { type: 'send' }>;

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

const envelope = {
  type: z.literal('command'),
  /** ULID, made by the device. */
  id: z.string().check(z.regex(ULID)),
  /** The device that made it, and its place among that device's commands in this conversation. */
  device: z.string().check(z.regex(ID_PATTERN)),
  counter: z.int().check(z.positive()),
  conversation: z.string().check(z.regex(ID_PATTERN)),
  /** The device's clock, UTC milliseconds; for diagnostics only, never for order. */
  at: z.int().check(z.nonnegative()),
};

/** An effect that a device asks for; the id makes it happen at most once, for ever (law C3). */
export const commandSchema = z.object({ ...envelope, action: actionSchema });
export type Command = z.infer<typeof commandSchema>;

/**
 * A command as it arrives. What it asks for is read apart (`readAction`): a newer client's command is refused alone,
 * under its id, and neither its socket nor the commands behind it suffer.
 */
export const commandFrameSchema = z.object({
  ...envelope,
  action: z.looseObject({ type: z.string() }),
});
export type CommandFrame = z.infer<typeof commandFrameSchema>;

const KNOWN: ReadonlySet<string> = new Set(
  actionSchema.def.options.flatMap(({ shape }) => shape.type.def.values),
);

/** The command in a frame, or the code of its refusal. */
export function readCommand(frame: CommandFrame): Command | { readonly refused: ErrorCode } {
  if (!KNOWN.has(frame.action.type)) return { refused: 'command-unknown' };
  const action = actionSchema.safeParse(frame.action);
  if (action.success) return { ...frame, action: action.data };
  const { body } = frame.action;
  if (typeof body === 'object' && body !== null && 'version' in body) {
    const { version } = body;
    if (typeof version === 'number' && version > BODY_VERSION)
      return { refused: 'version-unknown' };
  }
  return { refused: 'request-invalid' };
}
