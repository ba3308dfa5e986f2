import { type SeenMessage, orderProblems } from '../order.ts';
import type { Peer } from './peer.ts';

/** A conversation that several peers have open. */
export interface OrderedConversation {
  readonly peers: readonly Peer[];
  /** Reads the messages that a peer's page shows as stored, from the first to the last. */
  readonly messages: (peer: Peer) => Promise<readonly SeenMessage[]>;
  /** What was sent, in the order of sending, by peer. All of it has to be seen. */
  readonly sent?: ReadonlyMap<Peer, readonly string[]>;
}

/**
 * Waits until all see the same messages in one order, each once, without a gap, and everybody's own in the order of sending.
 * @returns what all see
 */
export async function expectOrdered(
  { peers, messages, sent = new Map() }: OrderedConversation,
  { within = 10_000 }: { readonly within?: number } = {},
): Promise<readonly SeenMessage[]> {
  const deadline = Date.now() + within;
  const named = new Map([...sent].map(([peer, ids]) => [peer.name, ids] as const));
  for (;;) {
    const lists = new Map<string, readonly SeenMessage[]>();
    for (const peer of peers) lists.set(peer.name, await messages(peer));
    const problems = orderProblems(lists, named);
    if (problems.length === 0) return lists.get(peers[0]?.name ?? '') ?? [];
    if (Date.now() >= deadline) {
      const names = peers.map(({ name }) => name).join(', ');
      throw new Error(
        [`What ${names} see is not in one order after ${within} ms.`, ...problems]
          .slice(0, 12)
          .join('\n  '),
      );
    }
    // What comes next may be traffic or paint.
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
