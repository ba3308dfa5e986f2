import {
  ERRORS,
  idSchema,
  integerSchema,
  membersSchema,
  messageSchema,
  naturalSchema,
  pinSchema,
  positiveSchema,
  receiptSchema,
  roleSchema,
} from '@weft/protocol';
import * as v from 'valibot';

/** What HTTP requests are answered. A test holds every real answer against these. */

export const errorAnswer = v.object({
  code: v.picklist(Object.keys(ERRORS)),
  message: v.string(),
});

export const emptyAnswer = v.strictObject({});

export const healthAnswer = v.object({ status: v.literal('ok') });

export const readyAnswer = v.object({ status: v.literal('ready') });

export const guestAnswer = v.object({
  token: v.string(),
  /** UTC milliseconds. */
  expires: integerSchema,
  secret: v.string(),
  sub: idSchema,
  name: v.string(),
});

export const postedAnswer = v.object({
  id: v.string(),
  event: positiveSchema,
  sequence: positiveSchema,
  /** UTC milliseconds of the commit. */
  at: integerSchema,
});

export const fileAnswer = v.object({ hash: v.string(), bytes: naturalSchema });

const fullMessage = v.object({
  ...messageSchema.entries,
  /** By emoji: who has it. */
  reactions: v.record(v.string(), v.array(v.string())),
  pin: v.optional(pinSchema),
});

export const messagesAnswer = v.object({ head: naturalSchema, messages: v.array(fullMessage) });

export const searchAnswer = v.object({
  found: v.array(v.object({ conversation: idSchema, message: messageSchema })),
  /** `before` of the next page; absent at the end. */
  next: v.optional(positiveSchema),
});

export const messageAnswer = v.object({
  message: fullMessage,
  progress: v.picklist(['stored', 'delivered', 'read']),
  deliveredTo: v.array(v.string()),
  readBy: v.array(v.string()),
  /** Milliseconds, by two clocks. */
  sentToStored: integerSchema,
  /** The id of its trace (W3C Trace Context). */
  trace: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))),
});

export const receiptsAnswer = v.object({ head: naturalSchema, members: v.array(receiptSchema) });

export const membersAnswer = v.object({
  role: roleSchema,
  members: v.array(
    v.object({ person: v.string(), role: v.union([roleSchema, v.literal('none')]) }),
  ),
});

export const invitedAnswer = v.object({
  secret: v.string(),
  id: v.string(),
  role: roleSchema,
  /** UTC milliseconds. */
  expires: integerSchema,
});

export const invitesAnswer = v.object({
  invites: v.array(
    v.object({
      id: v.string(),
      role: roleSchema,
      by: v.string(),
      created: integerSchema,
      expires: integerSchema,
    }),
  ),
});

export const acceptedAnswer = v.object({ resource: v.string(), role: roleSchema });

export const unreadAnswer = v.object({
  head: naturalSchema,
  /** The read watermark: what is unread is above it. */
  after: naturalSchema,
  count: naturalSchema,
  /** How many of them mention the caller, or answer them. */
  mentions: naturalSchema,
  messages: v.array(
    v.object({
      id: v.string(),
      sequence: positiveSchema,
      because: v.picklist(['mention', 'reply', 'message']),
    }),
  ),
  /** Whether that is all. */
  complete: v.boolean(),
});

export const conversationMembersAnswer = v.object({
  head: naturalSchema,
  members: membersSchema.entries.members,
});
