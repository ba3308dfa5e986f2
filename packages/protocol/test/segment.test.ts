import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { canonicalJson } from '../src/canonical-json.ts';
import {
  type Command,
  type ConversationEvent,
  type ConversationState,
  EMPTY_CONVERSATION,
  type Message,
  SEGMENT_ROOT,
  SEGMENT_SIZE,
  decide,
  encodeMessage,
  segmentClient,
} from '../src/index.ts';

const author = { sub: 'ann', name: 'Ann' };

function command(n: number): Command {
  return {
    type: 'command',
    id: `01J${String(n).padStart(23, '0')}`,
    device: 'd1',
    counter: n,
    conversation: 'general',
    at: 1_700_000_000_000 + n,
    action: { type: 'send', body: { version: 1, text: `message ${n} 🧵` } },
  };
}

function append(state: ConversationState, n: number) {
  const decision = decide(state, command(n), author, 1, 1_800_000_000_000 + n);
  if (decision.outcome !== 'append' || decision.segmentUpdate === undefined)
    throw new Error(decision.outcome);
  return { ...decision, segmentUpdate: decision.segmentUpdate };
}

function messageOf(event: ConversationEvent): Message {
  if (event.type !== 'message') throw new Error('It is no message.');
  return event.message;
}

describe('segment writer', () => {
  it('writes the bytes that Yjs itself would write', () => {
    const own = new Y.Doc();
    own.clientID = segmentClient(1);
    const updates: Uint8Array[] = [];
    own.on('update', (update: Uint8Array) => updates.push(update));
    let state = EMPTY_CONVERSATION;
    for (let n = 1; n <= 20; n += 1) {
      const decision = append(state, n);
      state = decision.next;
      const message: unknown = JSON.parse(canonicalJson(messageOf(decision.event)));
      own.getMap(SEGMENT_ROOT).set(String(n), message);
      expect(decision.segmentUpdate).toEqual(updates.at(-1));
    }
  });

  it('[C1] [C2] gives sequences 1..n, each at its place in its segment', () => {
    const segments = new Map<number, Y.Doc>();
    let state = EMPTY_CONVERSATION;
    const total = SEGMENT_SIZE + 3;
    for (let n = 1; n <= total; n += 1) {
      const decision = append(state, n);
      state = decision.next;
      const doc = segments.get(decision.event.segment) ?? new Y.Doc();
      segments.set(decision.event.segment, doc);
      Y.applyUpdate(doc, decision.segmentUpdate);
      expect(doc.store.pendingStructs).toBeNull();
    }
    const found: Message[] = [...segments.values()].flatMap((doc) => [
      ...doc.getMap<Message>(SEGMENT_ROOT).values(),
    ]);
    expect([...segments.keys()]).toEqual([0, 1]);
    expect(found.map((message) => message.sequence)).toEqual(
      Array.from({ length: total }, (_, index) => index + 1),
    );
    expect(found.at(-1)?.body.text).toBe(`message ${total} 🧵`);
  });

  it('writes under another client id in another epoch, so that histories never mix', () => {
    const { event } = append(EMPTY_CONVERSATION, 1);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, encodeMessage(2, 0, messageOf(event)));
    expect([...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()]).toEqual([segmentClient(2)]);
  });
});
