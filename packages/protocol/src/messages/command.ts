import * as z from 'zod/mini';
import { ID_PATTERN } from '../names.ts';
import { MESSAGE_RANGES_MAX } from '../limits.ts';

/** A typed stretch of a message's text; offsets are UTF-16 units, `end` exclusive. */
export const rangeSchema = z.object({
  type: z.enum(['bold', 'italic', 'code', 'link', 'mention']),
  start: z.int().check(z.nonnegative()),
  end: z.int().check(z.nonnegative()),
  /** The address of a link, or the `sub` of a mention. */
  value: z.optional(z.string().check(z.maxLength(2048))),
});
export type MessageRange = z.infer<typeof rangeSchema>;

/** What is said: plain text and typed ranges over it, with the version of this layout. */
export const bodySchema = z.object({
  version: z.literal(1),
  /** Its length is judged by the conversation, so that a long message is refused alone and not its socket. */
  text: z.string(),
  ranges: z.optional(z.array(rangeSchema).check(z.maxLength(MESSAGE_RANGES_MAX))),
});
export type MessageBody = z.infer<typeof bodySchema>;

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** An effect that a device asks for; the id makes it happen at most once, for ever (law C3). */
export const commandSchema = z.object({
  type: z.literal('command'),
  /** ULID, made by the device. */
  id: z.string().check(z.regex(ULID)),
  /** The device that made it, and its place among that device's commands in this conversation. */
  device: z.string().check(z.regex(ID_PATTERN)),
  counter: z.int().check(z.positive()),
  conversation: z.string().check(z.regex(ID_PATTERN)),
  /** The device's clock, UTC milliseconds; for diagnostics only, never for order. */
  at: z.int().check(z.nonnegative()),
  action: z.object({ type: z.literal('send'), body: bodySchema }),
});
export type Command = z.infer<typeof commandSchema>;
