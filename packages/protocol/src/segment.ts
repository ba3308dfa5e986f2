import * as v from 'valibot';
import * as Y from 'yjs';
import type { ConversationEvent } from './conversation-event.ts';
import { SEGMENT_SIZE } from './limits.ts';
import {
  type Message,
  PINS_ROOT,
  REACTIONS_ROOT,
  SEGMENT_ROOT,
  messageSchema,
  reactionKey,
} from './message.ts';
import { isThreadAction } from './messages/command.ts';
import { type Slot, encodeDelete, encodeSet } from './segment-update.ts';
import { THREADS_ROOT, type Thread, threadSchema } from './thread.ts';

/**
 * The segment writer. A segment is a Yjs document that only the server writes: its bytes are a pure function of
 * the conversation's events, so that a repair and a second node write the same bytes. One fixed client id per
 * epoch and one struct per value make them so; structs are written straight in Yjs's update format, since a
 * `Y.Doc` would cost O(segment) to load for each message.
 */

/** The segment that holds a sequence (1-based). */
export function segmentOf(sequence: number): number {
  return Math.floor((sequence - 1) / SEGMENT_SIZE);
}

/** The client id under which the server writes in an epoch. Random Yjs ids are 32-bit: these are the smallest. */
export function segmentClient(epoch: number): number {
  return epoch;
}

/** What a change needs to know of a message: all but what it says, and of that the hashes of its files. */
export type MessageHead = Omit<Message, 'body'> & { readonly files?: readonly string[] };

/** What the writer needs to know of a segment before it can change what is in it. */
export interface SegmentState {
  /** Client id → number of structs under it. */
  readonly clocks: ReadonlyMap<number, number>;
  /** `root/key` → the newest struct of that key. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly messages: ReadonlyMap<number, MessageHead>;
  /** By anchor; in a first segment only. */
  readonly threads: ReadonlyMap<string, Thread>;
}

/** All root `Y.Map`s of a segment. */
export const SEGMENT_ROOTS = [SEGMENT_ROOT, REACTIONS_ROOT, PINS_ROOT, THREADS_ROOT] as const;

export const EMPTY_SEGMENT: SegmentState = {
  clocks: new Map(),
  slots: new Map(),
  messages: new Map(),
  threads: new Map(),
};

/** Reads the state off a segment's document: equal to the one folded from all of its events. */
export function segmentStateOf(doc: Y.Doc): SegmentState {
  const slots = new Map<string, Slot>();
  const messages = new Map<number, MessageHead>();
  const threads = new Map<string, Thread>();
  for (const root of SEGMENT_ROOTS) {
    for (const [key, item] of doc.getMap<unknown>(root)._map) {
      const { client, clock } = item.lastId;
      slots.set(slotName(root, key), { client, clock, live: !item.deleted });
    }
  }
  for (const value of doc.getMap<unknown>(SEGMENT_ROOT).values()) {
    const message = v.safeParse(messageSchema, value);
    if (message.success) messages.set(message.output.sequence, headOf(message.output));
  }
  for (const [anchor, value] of doc.getMap<unknown>(THREADS_ROOT)) {
    const thread = v.safeParse(threadSchema, value);
    if (thread.success) threads.set(anchor, thread.output);
  }
  return { clocks: Y.decodeStateVector(Y.encodeStateVector(doc)), slots, messages, threads };
}

/** What an event does to its segment: nothing at all where what it asks for is so already. */
export interface Written {
  readonly update: Uint8Array | undefined;
  readonly next: SegmentState;
}

/**
 * The update that an event makes of its segment, and the segment's state behind it.
 * @param state the segment before the event
 */
export function writeEvent(state: SegmentState, event: ConversationEvent): Written {
  const client = segmentClient(event.epoch);
  if (event.type === 'message') {
    const { message } = event;
    return set(state, client, SEGMENT_ROOT, String(event.sequence), message, message);
  }
  const { action } = event.command;
  const { sequence, author, at } = event;
  if (event.type === 'thread') {
    const [anchor, thread] = writtenThread(state, event) ?? [];
    if (anchor === undefined || thread === undefined) return { update: undefined, next: state };
    const { update, next } = set(state, client, THREADS_ROOT, anchor, thread);
    return { update, next: { ...next, threads: new Map(state.threads).set(anchor, thread) } };
  }
  switch (action.type) {
    case 'edit':
    case 'delete':
      return event.message === undefined
        ? { update: undefined, next: state }
        : set(state, client, SEGMENT_ROOT, String(sequence), event.message, event.message);
    case 'react': {
      const key = reactionKey(sequence, author, action.emoji);
      return set(state, client, REACTIONS_ROOT, key, { at, event: event.event });
    }
    case 'unreact':
      return remove(state, REACTIONS_ROOT, reactionKey(sequence, author, action.emoji));
    case 'pin': {
      const pin = { by: author, at, event: event.event };
      return set(state, client, PINS_ROOT, String(sequence), pin);
    }
    case 'unpin':
      return remove(state, PINS_ROOT, String(sequence));
    case 'send':
    case 'join':
    case 'leave':
    case 'thread':
    case 'resolve':
    case 'reopen':
      throw new TypeError('It is an event of another type.');
    default: {
      const unreachable: never = action;
      return unreachable;
    }
  }
}

/** What an event makes of a thread; nothing where what it asks for is so already. */
function writtenThread(
  { threads }: SegmentState,
  { command: { action }, author: by, name, at, event }: ConversationEvent & { type: 'thread' },
): readonly [anchor: string, thread: Thread] | undefined {
  if (!isThreadAction(action)) throw new TypeError('It is an event of another type.');
  const { anchor } = action;
  const known = threads.get(anchor);
  if (action.type === 'thread') {
    return known === undefined ? [anchor, { quote: action.quote, by, name, at, event }] : undefined;
  }
  const resolves = action.type === 'resolve';
  if (known === undefined || (known.resolved !== undefined) === resolves) return undefined;
  const { resolved: _, ...open } = known;
  return [anchor, { ...open, event, ...(resolves ? { resolved: { by, name, at } } : {}) }];
}

/** The update for a new message, whose segment need not be known: nothing of it is changed. */
export function encodeMessage(epoch: number, clock: number, message: Message): Uint8Array {
  return encodeSet({
    client: segmentClient(epoch),
    clock,
    root: SEGMENT_ROOT,
    key: String(message.sequence),
    before: undefined,
    value: message,
  });
}

/** Whether a message is marked as pinned in this segment. */
export function holdsPin({ slots }: SegmentState, sequence: number): boolean {
  return slots.get(slotName(PINS_ROOT, String(sequence)))?.live === true;
}

/** How many reactions a person has at a message. */
export function countReactions(state: SegmentState, sequence: number, person: string): number {
  const prefix = slotName(REACTIONS_ROOT, reactionKey(sequence, person, ''));
  let count = 0;
  for (const [name, { live }] of state.slots) if (live && name.startsWith(prefix)) count += 1;
  return count;
}

function set(
  state: SegmentState,
  client: number,
  root: string,
  key: string,
  value: unknown,
  message?: Message,
): Written {
  const name = slotName(root, key);
  const clock = state.clocks.get(client) ?? 0;
  const before = state.slots.get(name);
  return {
    update: encodeSet({ client, clock, root, key, before, value }),
    next: {
      clocks: new Map(state.clocks).set(client, clock + 1),
      slots: new Map(state.slots).set(name, { client, clock, live: true }),
      messages:
        message === undefined
          ? state.messages
          : new Map(state.messages).set(message.sequence, headOf(message)),
      threads: state.threads,
    },
  };
}

function remove(state: SegmentState, root: string, key: string): Written {
  const name = slotName(root, key);
  const before = state.slots.get(name);
  if (before?.live !== true) return { update: undefined, next: state };
  return {
    update: encodeDelete(before),
    next: { ...state, slots: new Map(state.slots).set(name, { ...before, live: false }) },
  };
}

function slotName(root: string, key: string): string {
  return `${root}/${key}`;
}

function headOf(message: Message): MessageHead {
  const { body, ...head } = message;
  // Absent where there are none: most messages have none, and many heads are kept.
  return body.files === undefined ? head : { ...head, files: body.files.map(({ hash }) => hash) };
}
