import * as z from 'zod/mini';

/** One run, complete: the seed deals delays and losses, the actions are what people, faults and attackers do. */

const tab = z.int().check(z.nonnegative());
/** Milliseconds after the start: absolute, so that leaving an action out moves no other. */
const when = z.number().check(z.nonnegative());
/** A place, as a share of what is there. */
const place = z.number().check(z.minimum(0), z.maximum(1));

const editSchema = z.object({
  type: z.literal('edit'),
  when,
  tab,
  document: z.string(),
  kind: z.enum(['insert', 'delete', 'format', 'set', 'unset', 'push', 'nest', 'paste']),
  at: place,
  size: z.int().check(z.positive()),
  /** Transactions within one turn: somebody types fast. */
  times: z.int().check(z.positive()),
});
export type EditAction = z.infer<typeof editSchema>;

export const actionSchema = z.discriminatedUnion('type', [
  editSchema,
  z.object({ type: z.literal('say'), when, tab, conversation: z.string(), text: z.string() }),
  z.object({ type: z.literal('point'), when, tab, document: z.string(), at: place }),
  /** Closes a document or a conversation's page and opens it again. */
  z.object({ type: z.literal('revisit'), when, tab, document: z.string(), away: z.number() }),
  /** A tab goes: killed at once, or closed properly. It is opened again later. */
  z.object({
    type: z.literal('reload'),
    when,
    tab,
    how: z.enum(['killed', 'closed']),
    away: z.number(),
  }),
  z.object({ type: z.literal('cut'), when, site: z.string() }),
  /** The client is told that its socket has ended; what it had sent arrives much later. */
  z.object({ type: z.literal('linger'), when, site: z.string(), ms: z.number() }),
  z.object({
    type: z.literal('silence'),
    when,
    site: z.string(),
    which: z.enum(['up', 'down', 'both']),
    ms: z.number(),
  }),
  z.object({ type: z.literal('partition'), when, site: z.string(), ms: z.number() }),
  /** The server is killed: now, or when a commit reaches a point for the nth time from now. */
  z.object({
    type: z.literal('crash'),
    when,
    point: z.enum(['now', 'before-write', 'before-sync', 'before-answer']),
    nth: z.int().check(z.positive()),
    down: z.number(),
  }),
  z.object({ type: z.literal('disk'), when, health: z.enum(['failing', 'lying']), ms: z.number() }),
  /** What a device's browser refuses to write; `failing` unless said. */
  z.object({
    type: z.literal('device'),
    when,
    tab,
    ms: z.number(),
    health: z.optional(z.enum(['failing', 'full', 'dropping'])),
  }),
  /** The adversary does something; `kind` is one of `hostileKinds`, `dice` deals its details. */
  z.object({
    type: z.literal('attack'),
    when,
    document: z.string(),
    kind: z.string(),
    dice: z.int(),
  }),
]);
export type Action = z.infer<typeof actionSchema>;

export const caseSchema = z.object({
  seed: z.string(),
  tabs: z.int().check(z.positive()),
  actions: z.array(actionSchema),
});
export type Case = z.infer<typeof caseSchema>;
