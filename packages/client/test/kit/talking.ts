import {
  type Action,
  type ConversationState,
  EMPTY_CONVERSATION,
  type Message,
  decide,
  formatAddress,
  segmentStateOf,
  withSegment,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import * as Y from 'yjs';

/** When the first message of a test was stored, UTC milliseconds. */
export const BEGAN = 1_800_000_000_000;

/** A server's account of conversations, of which a device is told. */
export function talking(store: Pick<DeviceStore, 'append'>) {
  const states = new Map<string, ConversationState>();
  const docs = new Map<string, Y.Doc>();
  const docOf = (address: string): Y.Doc => {
    const doc = docs.get(address) ?? new Y.Doc();
    docs.set(address, doc);
    return doc;
  };
  let time = BEGAN;
  const run = async (conversation: string, action: Action): Promise<Message | undefined> => {
    const state = states.get(conversation) ?? EMPTY_CONVERSATION;
    const at = (time += 1);
    const command = {
      ...({ type: 'command', id: `01J${String(at).padStart(23, '0')}`, device: 'd' } as const),
      ...{ counter: state.event + 1, conversation, at, action },
    };
    const bea = { sub: 'bea', name: 'Bea' };
    let decision = decide(state, command, bea, 1, at);
    if (decision.outcome === 'read' && decision.segment !== 'members') {
      const { segment } = decision;
      const doc = docOf(formatAddress({ kind: 'conversation', id: conversation, segment }));
      decision = decide(withSegment(state, segment, segmentStateOf(doc)), command, bea, 1, at);
    }
    if (decision.outcome !== 'append') throw new Error(`It was to be stored: ${decision.outcome}.`);
    const { event, segmentUpdate, next } = decision;
    states.set(conversation, next);
    const { segment } = event;
    const document = formatAddress({ kind: 'conversation', id: conversation, segment });
    if (segmentUpdate !== undefined) {
      Y.applyUpdate(docOf(document), segmentUpdate);
      await store.append({ document, bytes: segmentUpdate, origin: 'remote' });
    }
    return 'message' in event ? event.message : undefined;
  };
  return {
    run,
    say: (conversation: string, text: string) =>
      run(conversation, { type: 'send', body: { version: 1, text } }),
  };
}
