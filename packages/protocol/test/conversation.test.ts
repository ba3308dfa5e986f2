import * as v from 'valibot';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  type Action,
  type Command,
  type ConversationEvent,
  type ConversationState,
  EMPTY_CONVERSATION,
  EMPTY_SEGMENT,
  type Members,
  type Message,
  MESSAGE_TEXT_MAX,
  NOBODY,
  PINS_ROOT,
  REACTIONS_MAX,
  REACTIONS_ROOT,
  SEGMENT_ROOT,
  SEGMENT_SIZE,
  THREADS_MAX,
  THREADS_ROOT,
  conversationEventSchema,
  decide,
  judgeBody,
  membersAfter,
  readCommand,
  segmentOf,
  segmentStateOf,
  stateAfter,
  threadSchema,
  withSegment,
  writeEvent,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

const idOf = (n: number) => `01J${String(n).padStart(23, '0')}`;
const NOW = 1_800_000_000_000;

function command(n: number, action: Action): Command {
  const id = idOf(n);
  return { type: 'command', id, device: 'd1', counter: n, conversation: 'c', at: n, action };
}

const text = (said: string) => ({ version: 1, text: said }) as const;
const send = (said: string): Action => ({ type: 'send', body: text(said) });

/** A conversation as a server runs it: segments are read from their documents when a decision asks for them. */
class Room {
  state: ConversationState = EMPTY_CONVERSATION;
  readonly events: ConversationEvent[] = [];
  readonly docs = new Map<number, Y.Doc>();
  readonly updates = new Map<number, Uint8Array[]>();
  #commands = 0;

  run(sub: string, action: Action, epoch = 1): string {
    this.#commands += 1;
    const made = command(this.#commands, action);
    const author = { sub, name: sub.toUpperCase() };
    const now = NOW + this.#commands;
    let decision = decide(this.state, made, author, epoch, now);
    const read = new Set<unknown>();
    while (decision.outcome === 'read') {
      const { segment } = decision;
      if (read.has(segment)) throw new Error('A segment is asked for twice.');
      read.add(segment);
      this.state =
        segment === 'members'
          ? { ...this.state, members: this.members }
          : withSegment(this.state, segment, segmentStateOf(this.doc(segment)));
      decision = decide(this.state, made, author, epoch, now);
    }
    if (decision.outcome === 'refuse') return decision.code;
    const { event, segmentUpdate } = decision;
    // As the log gives it back.
    this.events.push(v.parse(conversationEventSchema, JSON.parse(JSON.stringify(event))));
    this.state = decision.next;
    if (segmentUpdate !== undefined) {
      Y.applyUpdate(this.doc(event.segment), segmentUpdate);
      expect(this.doc(event.segment).store.pendingStructs).toBeNull();
      expect(this.doc(event.segment).store.pendingDs).toBeNull();
      this.updates.set(event.segment, [...(this.updates.get(event.segment) ?? []), segmentUpdate]);
    }
    return 'stored';
  }

  /** Forgets what it knows, as a server that starts. */
  restart(): void {
    this.state = stateAfter(this.events.at(-1));
  }

  /** As it is read off the record of all changes of membership. */
  get members(): Members {
    return this.events.reduce(
      (members, event) =>
        event.type === 'message' ? membersAfter(members, event.message) : members,
      NOBODY,
    );
  }

  doc(segment: number): Y.Doc {
    const found = this.docs.get(segment) ?? new Y.Doc();
    this.docs.set(segment, found);
    return found;
  }

  values(root: string): Map<string, unknown> {
    return new Map([...this.docs.values()].flatMap((doc) => [...doc.getMap(root).entries()]));
  }

  message(sequence: number): Message | undefined {
    return this.doc(segmentOf(sequence)).getMap<Message>(SEGMENT_ROOT).get(String(sequence));
  }
}

/** The same as plain values: no log, no Yjs, no segments. */
class Model {
  readonly messages: { author: string; text: string; revision: number; deleted: boolean }[] = [];
  readonly reactions = new Set<string>();
  readonly pins = new Map<number, string>();
  readonly members = new Set<string>();
  /** Sequences of changes of membership. */
  readonly lines = new Set<number>();
  /** By anchor: who began it, and who called it settled. */
  readonly threads = new Map<string, { by: string; quote: string; resolved: string | undefined }>();

  run(sub: string, action: Action): 'stored' | 'refused' {
    if (action.type === 'send') {
      if (action.reply !== undefined && action.reply > this.messages.length) return 'refused';
      this.messages.push({ author: sub, text: action.body.text, revision: 1, deleted: false });
      return 'stored';
    }
    if (action.type === 'join' || action.type === 'leave') {
      if (this.members.has(sub) === (action.type === 'join')) return 'refused';
      if (action.type === 'join') this.members.add(sub);
      else this.members.delete(sub);
      this.messages.push({ author: sub, text: '', revision: 1, deleted: false });
      this.lines.add(this.messages.length);
      return 'stored';
    }
    if ('anchor' in action) {
      const thread = this.threads.get(action.anchor);
      if (action.type === 'thread') {
        const begun = { by: sub, quote: action.quote, resolved: undefined };
        if (thread === undefined) this.threads.set(action.anchor, begun);
        return 'stored';
      }
      if (thread === undefined) return 'refused';
      thread.resolved = action.type === 'resolve' ? (thread.resolved ?? sub) : undefined;
      return 'stored';
    }
    const message = this.messages[action.sequence - 1];
    // A line that says who came is no message.
    if (message === undefined || this.lines.has(action.sequence)) return 'refused';
    const own = message.author === sub;
    switch (action.type) {
      case 'edit':
        if (!own || message.deleted) return 'refused';
        Object.assign(message, { text: action.body.text, revision: message.revision + 1 });
        return 'stored';
      case 'delete':
        if (!own) return 'refused';
        if (!message.deleted) {
          Object.assign(message, { text: '', deleted: true, revision: message.revision + 1 });
        }
        return 'stored';
      case 'react':
        if (message.deleted) return 'refused';
        this.reactions.add(`${action.sequence}/${sub}/${action.emoji}`);
        return 'stored';
      case 'unreact':
        this.reactions.delete(`${action.sequence}/${sub}/${action.emoji}`);
        return 'stored';
      case 'pin':
        if (message.deleted) return 'refused';
        this.pins.set(action.sequence, sub);
        return 'stored';
      default:
        this.pins.delete(action.sequence);
        return 'stored';
    }
  }
}

const sequence = fc.integer({ min: 1, max: 8 });
const said = fc.constantFrom('one', 'two', 'three 🧵').map(text);
const emoji = fc.constantFrom('👍', '🧵', '👩‍👩‍👧', 'ok');
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: said.map((body): Action => ({ type: 'send', body })) },
  fc.record({ type: fc.constant('send' as const), body: said, reply: sequence }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant('edit' as const), sequence, body: said }) },
  fc.record({ type: fc.constant('delete' as const), sequence }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant('react' as const), sequence, emoji }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('unreact' as const), sequence, emoji }) },
  fc.record({ type: fc.constantFrom('pin' as const, 'unpin' as const), sequence }),
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('join' as const, 'leave' as const) }) },
);
const anchor = fc.constantFrom(idOf(101), idOf(102));
const threads: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant('thread' as const),
    anchor,
    quote: fc.constantFrom('', 'warp 🧵'),
  }),
  fc.record({ type: fc.constantFrom('resolve' as const, 'reopen' as const), anchor }),
);
const step = fc.record({
  sub: fc.constantFrom('ann', 'bea'),
  action: fc.oneof({ weight: 4, arbitrary: action }, threads),
  restart: fc.boolean(),
  epoch: fc.boolean(),
});

/** Runs steps on both, and compares each answer. A restart may come with another epoch. */
function runBoth(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const room = new Room();
  const model = new Model();
  let epoch = 1;
  for (const each of steps) {
    if (each.restart) {
      room.restart();
      if (each.epoch) epoch += 1;
    }
    const answer = room.run(each.sub, each.action, epoch);
    expect(answer === 'stored' ? 'stored' : 'refused').toBe(model.run(each.sub, each.action));
  }
  return { room, model };
}

describe('conversation log', () => {
  it('[C1] [C2] [C10] [C13] says what a sequential model says, over restarts and epochs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
        const { room, model } = runBoth(steps);
        expect(room.events.map(({ event }) => event)).toEqual(room.events.map((_, i) => i + 1));
        const sequences = room.events.flatMap((e) => (e.type === 'message' ? [e.sequence] : []));
        expect(sequences).toEqual(model.messages.map((_, i) => i + 1));
        for (const [index, expected] of model.messages.entries()) {
          const message = room.message(index + 1);
          expect({
            author: message?.author,
            text: message?.body.text,
            revision: message?.revision,
            deleted: message?.deleted !== undefined,
          }).toEqual(expected);
          const first = room.events.find((e) => e.type === 'message' && e.sequence === index + 1);
          expect(message?.id).toBe(first?.command.id);
        }
        expect(new Set(room.members.keys())).toEqual(model.members);
        expect(new Set(room.values(REACTIONS_ROOT).keys())).toEqual(model.reactions);
        expect(new Set(room.values(PINS_ROOT).keys())).toEqual(
          new Set([...model.pins.keys()].map(String)),
        );
      }),
      { ...seeded, numRuns: 400 },
    );
  });

  it('[C16] threads are listed as a sequential model lists them, and take no sequence', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
        const { room, model } = runBoth(steps);
        const listed = new Map<string, unknown>();
        for (const [key, value] of room.values(THREADS_ROOT)) {
          const { by, quote, name, resolved } = v.parse(threadSchema, value);
          expect(name).toBe(by.toUpperCase());
          listed.set(key, { by, quote, resolved: resolved?.by });
        }
        expect(listed).toEqual(model.threads);
      }),
      { ...seeded, numRuns: 400 },
    );
  });

  it('[C16] one that is not listed is neither settled nor taken up again; a list is no longer than it may be', () => {
    const room = new Room();
    expect(room.run('ann', { type: 'resolve', anchor: idOf(1) })).toBe('thread-unknown');
    expect(room.run('ann', { type: 'reopen', anchor: idOf(1) })).toBe('thread-unknown');
    for (let n = 1; n <= THREADS_MAX; n += 1) {
      expect(room.run('ann', { type: 'thread', anchor: idOf(n), quote: '' })).toBe('stored');
    }
    expect(room.run('ann', { type: 'thread', anchor: idOf(9999), quote: '' })).toBe(
      'too-many-threads',
    );
    // That is so already.
    expect(room.run('ann', { type: 'thread', anchor: idOf(1), quote: 'x' })).toBe('stored');
    expect(room.updates.get(0)).toHaveLength(THREADS_MAX);
    expect(room.run('ann', send('beside'))).toBe('stored');
    expect(room.message(1)?.body.text).toBe('beside');
  });

  it('[C10] [C11] a pin is in the first segment, wherever its message is; what was pinned beside it is taken out there', () => {
    const room = new Room();
    for (let n = 1; n <= SEGMENT_SIZE + 1; n += 1) room.run('ann', send(`${n}`));
    const late = SEGMENT_SIZE + 1;
    expect(room.run('bea', { type: 'pin', sequence: late })).toBe('stored');
    expect([...room.doc(0).getMap(PINS_ROOT).keys()]).toEqual([String(late)]);
    room.run('bea', { type: 'unpin', sequence: late });
    expect(room.values(PINS_ROOT).size).toBe(0);

    // As servers before version 9 wrote it.
    const old = new Y.Doc();
    Y.applyUpdate(old, Y.encodeStateAsUpdate(room.doc(1)));
    old.getMap(PINS_ROOT).set(String(late), { by: 'ann', at: NOW, event: 1 });
    room.docs.set(1, old);
    room.restart();
    room.run('bea', { type: 'pin', sequence: late });
    expect(room.doc(0).getMap(PINS_ROOT).size).toBe(0);
    expect(room.doc(1).getMap(PINS_ROOT).get(String(late))).toMatchObject({ by: 'bea' });
    room.run('bea', { type: 'unpin', sequence: late });
    expect(room.values(PINS_ROOT).size).toBe(0);
  });

  it('[C17] an event that writes a revision names the one that wrote the revision before it', () => {
    const room = new Room();
    room.run('ann', send('one'));
    room.run('bea', send('between'));
    for (const said of ['two', 'three']) {
      room.run('ann', { type: 'edit', sequence: 1, body: text(said) });
      room.run('bea', { type: 'pin', sequence: 1 });
    }
    room.run('ann', { type: 'delete', sequence: 1 });
    const replaced = room.events.map((each) =>
      each.type === 'change' ? each.replaces : undefined,
    );
    expect(replaced).toEqual([undefined, undefined, 1, undefined, 3, undefined, 5]);
  });

  it('[C11] the events alone give the bytes of every segment, and its state', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
        const { room } = runBoth(steps);
        let state = EMPTY_SEGMENT;
        const repaired: Uint8Array[] = [];
        for (const event of room.events) {
          const { update, next } = writeEvent(state, event);
          if (update !== undefined) repaired.push(update);
          state = next;
        }
        expect(repaired).toEqual(room.updates.get(0) ?? []);
        expect(segmentStateOf(room.doc(0))).toEqual(state);
      }),
      { ...seeded, numRuns: 200 },
    );
  });

  it('[C11] writes the bytes that Yjs itself would write, changes included', () => {
    const room = new Room();
    const own = new Y.Doc();
    own.clientID = 1;
    const expected: Uint8Array[] = [];
    own.on('update', (update: Uint8Array) => expected.push(update));
    const [messages, reactions] = [own.getMap(SEGMENT_ROOT), own.getMap(REACTIONS_ROOT)];
    const toggle = (on: boolean) => {
      room.run('ann', { type: on ? 'react' : 'unreact', sequence: 1, emoji: '👍' });
      const at = room.events.at(-1);
      if (at?.type !== 'change') throw new Error('It is no change.');
      if (on) reactions.set('1/ann/👍', { at: at.at, event: at.event });
      else reactions.delete('1/ann/👍');
    };
    room.run('ann', send('one'));
    messages.set('1', room.message(1));
    // Deleted structs of one key merge in Yjs: the origin of the next one is the last of them.
    for (const on of [true, false, true, false, true]) toggle(on);
    room.run('ann', { type: 'edit', sequence: 1, body: text('two') });
    messages.set('1', room.message(1));
    expect(room.updates.get(0)).toEqual(expected);
  });

  it('[C10] only its author edits or deletes a message; what was deleted stays so', () => {
    const room = new Room();
    room.run('ann', send('one'));
    expect(room.run('bea', { type: 'edit', sequence: 1, body: text('mine') })).toBe('not-author');
    expect(room.run('bea', { type: 'delete', sequence: 1 })).toBe('not-author');
    expect(room.run('ann', { type: 'delete', sequence: 1 })).toBe('stored');
    expect(room.run('ann', { type: 'edit', sequence: 1, body: text('back') })).toBe(
      'message-deleted',
    );
    expect(room.run('bea', { type: 'react', sequence: 1, emoji: '👍' })).toBe('message-deleted');
    expect(room.run('bea', { type: 'pin', sequence: 2 })).toBe('message-unknown');
    expect(room.run('bea', { type: 'send', body: text('to whom?'), reply: 9 })).toBe(
      'message-unknown',
    );
    expect(room.message(1)).toMatchObject({
      id: idOf(1),
      deleted: { by: 'ann' },
      body: { text: '' },
    });
  });

  it('a person has so many reactions to a message, and others are not counted', () => {
    const room = new Room();
    room.run('ann', send('one'));
    for (let n = 0; n < REACTIONS_MAX; n += 1) {
      expect(room.run('ann', { type: 'react', sequence: 1, emoji: `r${n}` })).toBe('stored');
    }
    expect(room.run('ann', { type: 'react', sequence: 1, emoji: 'more' })).toBe(
      'too-many-reactions',
    );
    expect(room.run('bea', { type: 'react', sequence: 1, emoji: 'more' })).toBe('stored');
    room.run('ann', { type: 'unreact', sequence: 1, emoji: 'r0' });
    expect(room.run('ann', { type: 'react', sequence: 1, emoji: 'more' })).toBe('stored');
  });
});

describe('what a message may say', () => {
  it.each([
    ['', 'message-empty'],
    [' \n\t', 'message-empty'],
    ['x'.repeat(MESSAGE_TEXT_MAX + 1), 'message-too-long'],
    ['bell \u0007', 'message-unprintable'],
    ['escape \u001b[2J', 'message-unprintable'],
    ['half of a pair \ud83e', 'message-unprintable'],
    ['two lines\nand a\ttab', undefined],
    ['x'.repeat(MESSAGE_TEXT_MAX), undefined],
  ])('%j: %s', (said_, code) => {
    expect(judgeBody(text(said_))).toBe(code);
  });

  it.each([
    [{ type: 'link', start: 0, end: 4, value: 'https://example.org/a?b#c' }, undefined],
    [{ type: 'link', start: 0, end: 4, value: 'mailto:ann@example.org' }, undefined],
    [{ type: 'link', start: 0, end: 4, value: 'javascript:alert(1)' }, 'link-forbidden'],
    [{ type: 'link', start: 0, end: 4, value: ' https://example.org' }, 'link-forbidden'],
    [{ type: 'link', start: 0, end: 4, value: 'java\nscript:alert(1)' }, 'link-forbidden'],
    [{ type: 'link', start: 0, end: 4 }, 'link-forbidden'],
    [{ type: 'mention', start: 0, end: 4, value: 'ann' }, undefined],
    [{ type: 'mention', start: 0, end: 4, value: 'an n' }, 'request-invalid'],
    [{ type: 'bold', start: 2, end: 5 }, 'request-invalid'],
    [{ type: 'bold', start: 2, end: 2 }, 'request-invalid'],
  ] as const)('a range %j: %s', (range, code) => {
    expect(judgeBody({ version: 1, text: 'text', ranges: [range] })).toBe(code);
  });
});

describe('commands as they arrive', () => {
  const frame = (asked: { readonly type: string; readonly [field: string]: unknown }) =>
    readCommand({ ...command(1, send('x')), action: asked });

  it('[C7] what a server does not know is refused by a code of its own', () => {
    expect(frame({ type: 'poll', options: [] })).toEqual({ refused: 'command-unknown' });
    expect(frame({ type: 'constructor' })).toEqual({ refused: 'command-unknown' });
    expect(frame({ type: 'send', body: { version: 2, blocks: [] } })).toEqual({
      refused: 'version-unknown',
    });
    expect(frame({ type: 'send', body: { version: 1 } })).toEqual({ refused: 'request-invalid' });
    expect(frame({ type: 'react', sequence: 1, emoji: 'a/b' })).toEqual({
      refused: 'request-invalid',
    });
    expect(frame({ type: 'pin', sequence: 0 })).toEqual({ refused: 'request-invalid' });
  });

  it('[C3] what it asks for is kept, and nothing else: an author of its own is not', () => {
    expect(frame({ type: 'send', body: text('x'), author: 'bea' })).toEqual(command(1, send('x')));
  });
});
