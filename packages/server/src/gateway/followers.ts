import type { ConversationHead, Receipts } from '@weft/protocol';
import type { Socket } from './socket.ts';

/** Which sockets hear of which conversation: those that have one of its segments open. */
export class Followers {
  readonly #sockets = new Map<string, Set<Socket>>();

  add(socket: Socket, tenant: string, conversation: string): void {
    const key = keyOf(tenant, conversation);
    const sockets = this.#sockets.get(key);
    if (sockets === undefined) this.#sockets.set(key, new Set([socket]));
    else sockets.add(socket);
  }

  remove(socket: Socket, tenant: string, conversation: string): void {
    const key = keyOf(tenant, conversation);
    const sockets = this.#sockets.get(key);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(key);
  }

  /** Tells everybody who follows a conversation of its new head, or of where people are in it. */
  tell(tenant: string, message: ConversationHead | Receipts): void {
    for (const socket of this.#sockets.get(keyOf(tenant, message.conversation)) ?? []) {
      socket.send(message);
    }
  }
}

function keyOf(tenant: string, conversation: string): string {
  return `${tenant}/${conversation}`;
}
