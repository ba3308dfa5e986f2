import type { ConversationHead, Down, Receipts } from '@weft/protocol';

/** Whoever hears of a conversation: a socket. */
export interface Follower {
  send(message: Down): void;
}

/** Which sockets hear of which conversation: those that have one of its segments open. */
export class Followers {
  readonly #followers = new Map<string, Set<Follower>>();

  add(follower: Follower, tenant: string, conversation: string): void {
    const key = keyOf(tenant, conversation);
    const present = this.#followers.get(key);
    if (present === undefined) this.#followers.set(key, new Set([follower]));
    else present.add(follower);
  }

  remove(follower: Follower, tenant: string, conversation: string): void {
    const key = keyOf(tenant, conversation);
    const present = this.#followers.get(key);
    present?.delete(follower);
    if (present?.size === 0) this.#followers.delete(key);
  }

  /** Tells everybody who follows a conversation of its new head, or of where people are in it. */
  tell(tenant: string, message: ConversationHead | Receipts): void {
    for (const follower of this.#followers.get(keyOf(tenant, message.conversation)) ?? []) {
      follower.send(message);
    }
  }
}

function keyOf(tenant: string, conversation: string): string {
  return `${tenant}/${conversation}`;
}
