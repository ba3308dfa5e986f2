import {
  type Ack,
  type CommandFrame,
  type ConversationHead,
  type Receipts as ReceiptsMessage,
  WeftError,
} from '@weft/protocol';
import type { Store } from '@weft/storage';
import type { Principal } from '../auth/principal.ts';
import { roleOf } from '../auth/rights.ts';
import type { Conversations } from './conversations.ts';
import { type FullMessage, readMessages } from './pages.ts';
import type { Receipts } from './receipts.ts';

/** Conversations as sockets and HTTP ask for them: with rights. */
export interface Talk {
  /** @throws WeftError `forbidden` or `read-only` */
  command(principal: Principal, frame: CommandFrame): Promise<Ack['result']>;
  /** @throws WeftError `forbidden` */
  mayRead(principal: Principal, conversation: string): Promise<void>;
  head(tenant: string, conversation: string): Promise<ConversationHead>;
  receipts(tenant: string, conversation: string): Promise<ReceiptsMessage>;
  messages(
    tenant: string,
    conversation: string,
    range: { readonly after: number; readonly head: number; readonly limit: number },
  ): Promise<readonly FullMessage[]>;
}

export function createTalk(store: Store, conversations: Conversations, receipts: Receipts): Talk {
  const role = (principal: Principal, id: string) =>
    roleOf(store.registry, principal, { kind: 'conversation', id });
  return {
    command: async (principal, frame) => {
      const found = await role(principal, frame.conversation);
      if (found === undefined) throw new WeftError('forbidden');
      if (found === 'reader') throw new WeftError('read-only');
      return conversations.command(principal, frame);
    },
    mayRead: async (principal, id) => {
      if ((await role(principal, id)) === undefined) throw new WeftError('forbidden');
    },
    head: (tenant, id) => conversations.head(tenant, id),
    receipts: (tenant, id) => receipts.of(tenant, id),
    messages: (tenant, id, range) => readMessages(store.log, tenant, id, range),
  };
}
