import { integerSchema, naturalSchema, positiveSchema } from '@weft/protocol';
import * as v from 'valibot';

/** One run, complete: the seed deals delays and losses, the actions are what people, faults and attackers do. */

const tab = naturalSchema;
/** Milliseconds after the start: absolute, so that leaving an action out moves no other. */
const when = v.pipe(v.number(), v.minValue(0));
/** A place, as a share of what is there. */
const place = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const editSchema = v.object({
  type: v.literal('edit'),
  when,
  tab,
  document: v.string(),
  kind: v.picklist(['insert', 'delete', 'format', 'set', 'unset', 'push', 'nest', 'paste']),
  at: place,
  size: positiveSchema,
  /** Transactions within one turn: somebody types fast. */
  times: positiveSchema,
});
export type EditAction = v.InferOutput<typeof editSchema>;

/** Something about a message that the tab shows, a mark that all up to it was read, or coming and going. */
const changeSchema = v.object({
  type: v.literal('change'),
  when,
  tab,
  kind: v.picklist([
    'edit',
    'delete',
    'react',
    'unreact',
    'pin',
    'unpin',
    'reply',
    'read',
    'join',
    'leave',
  ]),
  at: place,
  /** The new text, or the emoji. */
  text: v.string(),
});
export type MessageChange = v.InferOutput<typeof changeSchema>;

export const actionSchema = v.variant('type', [
  editSchema,
  v.object({ type: v.literal('say'), when, tab, conversation: v.string(), text: v.string() }),
  changeSchema,
  v.object({ type: v.literal('point'), when, tab, document: v.string(), at: place }),
  /** Closes a document or a conversation's page and opens it again. */
  v.object({ type: v.literal('revisit'), when, tab, document: v.string(), away: v.number() }),
  /** A tab goes: killed at once, or closed properly. It is opened again later. */
  v.object({
    type: v.literal('reload'),
    when,
    tab,
    how: v.picklist(['killed', 'closed']),
    away: v.number(),
  }),
  v.object({ type: v.literal('cut'), when, site: v.string() }),
  /** The client is told that its socket has ended; what it had sent arrives much later. */
  v.object({ type: v.literal('linger'), when, site: v.string(), ms: v.number() }),
  v.object({
    type: v.literal('silence'),
    when,
    site: v.string(),
    which: v.picklist(['up', 'down', 'both']),
    ms: v.number(),
  }),
  /** The client reads nothing for so long, and its socket stays open. */
  v.object({ type: v.literal('stall'), when, site: v.string(), ms: v.number() }),
  v.object({ type: v.literal('partition'), when, site: v.string(), ms: v.number() }),
  /** The server is killed: now, or when a commit reaches a point for the nth time from now. */
  v.object({
    type: v.literal('crash'),
    when,
    point: v.picklist(['now', 'before-write', 'before-sync', 'before-answer']),
    nth: positiveSchema,
    down: v.number(),
  }),
  v.object({
    type: v.literal('disk'),
    when,
    health: v.picklist(['failing', 'lying']),
    ms: v.number(),
  }),
  /** What a device's browser refuses to write; `failing` unless said. */
  v.object({
    type: v.literal('device'),
    when,
    tab,
    ms: v.number(),
    health: v.optional(v.picklist(['failing', 'full', 'dropping'])),
  }),
  /** What a device's browser gives room for, for so long. */
  v.object({ type: v.literal('quota'), when, tab, bytes: naturalSchema, ms: v.number() }),
  /** What a device keeps is damaged, or cleared by its browser. */
  v.object({
    type: v.literal('lose'),
    when,
    tab,
    what: v.picklist(['record', 'everything']),
    dice: integerSchema,
  }),
  /** Whoever is at this tab may do nothing with a resource, for so long. */
  v.object({ type: v.literal('rights'), when, tab, resource: v.string(), ms: v.number() }),
  /** A tab gets no new tokens for so long. */
  v.object({ type: v.literal('issuer'), when, tab, ms: v.number() }),
  /** The adversary does something; `kind` is one of `hostileKinds`, `dice` deals its details. */
  v.object({
    type: v.literal('attack'),
    when,
    document: v.string(),
    kind: v.string(),
    dice: integerSchema,
  }),
]);
export type Action = v.InferOutput<typeof actionSchema>;

export const caseSchema = v.object({
  seed: v.string(),
  tabs: positiveSchema,
  /** Tabs that offer sessions; the others speak plain frames, and so do all where nothing is said. */
  sessions: v.optional(v.array(tab)),
  /** Milliseconds for which a token is good; for ever where nothing is said. */
  life: v.optional(v.number()),
  /** The device of each tab, where some share one; the person of a device is the one of its first tab. */
  devices: v.optional(v.array(tab)),
  /** How many the server takes at once, and the milliseconds for which it keeps the seat of who was cut. */
  admission: v.optional(v.object({ seats: positiveSchema, kept: v.number() })),
  actions: v.array(actionSchema),
});
export type Case = v.InferOutput<typeof caseSchema>;
