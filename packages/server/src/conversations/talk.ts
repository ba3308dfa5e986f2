import {
  type Ack,
  type CommandFrame,
  type ConversationHead,
  type Direct,
  type MembersMessage,
  type Message,
  type Receipts as ReceiptsMessage,
  type Revisions,
  type Timings as TimingsOf,
  WeftError,
  mayTalk,
} from '@weft/protocol';
import type { Registry, Store } from '@weft/storage';
import type { Principal } from '../auth/principal.ts';
import type { Rights } from '../auth/rights.ts';
import { type Files, filesOf } from '../files/files.ts';
import type { Conversations } from './conversations.ts';
import type { Paces } from './paces.ts';
import { type FullMessage, readMessages, readRevisions, readTraceId } from './pages.ts';
import type { Receipts } from './receipts.ts';
import { type SearchPage, type SearchRequest, searchMessages } from './search.ts';
import type { Timings } from './timings.ts';

/** Conversations as sockets and HTTP ask for them: with rights. */
export interface Talk {
  /** @throws WeftError `forbidden` or `read-only` */
  command(principal: Principal, frame: CommandFrame): Promise<Ack['result']>;
  /** @throws WeftError `forbidden` */
  mayRead(principal: Principal, conversation: string): Promise<void>;
  head(tenant: string, conversation: string): Promise<ConversationHead>;
  receipts(tenant: string, conversation: string): Promise<ReceiptsMessage>;
  members(tenant: string, conversation: string): Promise<MembersMessage>;
  /** How long messages took here. */
  timings(tenant: string, conversation: string): TimingsOf;
  /** The direct conversations of a person. */
  directs(tenant: string, sub: string): Promise<readonly Direct[]>;
  messages(
    tenant: string,
    conversation: string,
    range: { readonly after: number; readonly head: number; readonly limit: number },
  ): Promise<readonly FullMessage[]>;
  /** The texts that a message had. */
  revisions(tenant: string, conversation: string, message: Message): Promise<Revisions>;
  /**
   * Finds messages where the person may read them.
   * @param stopped whether nobody waits for the answer any more
   * @throws WeftError `too-fast`; as `searchMessages` does
   */
  search(principal: Principal, request: SearchRequest, stopped: () => boolean): Promise<SearchPage>;
  /** The id of the trace of the event that wrote a message as it is now, where it has one. */
  traceOf(tenant: string, conversation: string, message: Message): Promise<string | undefined>;
}

export function createTalk(parts: {
  readonly store: Store;
  readonly rights: Rights;
  readonly conversations: Conversations;
  readonly files: Files;
  readonly receipts: Receipts;
  readonly paces: Paces;
  /** How fast each person searches. */
  readonly searches: Paces;
  readonly timings: Timings;
}): Talk {
  const { store, rights, conversations, files, receipts, paces, searches, timings } = parts;
  const role = (principal: Principal, id: string) =>
    rights.roleOf(principal, { kind: 'conversation', id });
  return {
    command: async (principal, frame) => {
      // Before anything is read: a flood must cost next to nothing.
      if (!paces.take(principal)) return conversations.refuse(principal, frame, 'too-fast');
      const found = await role(principal, frame.conversation);
      if (found === undefined) throw new WeftError('forbidden');
      if (!mayTalk(found)) throw new WeftError('read-only');
      if (isMembership(frame) && (await isBeside(store.registry, principal.tenant, frame))) {
        return conversations.refuse(principal, frame, 'membership-fixed');
      }
      return conversations.command(principal, frame, (command, run) => {
        const named = filesOf(command);
        if (named.length === 0) return run();
        conversations.expect(principal, command);
        return files.whileNamed(principal, named, run, (code) =>
          conversations.refuse(principal, command, code),
        );
      });
    },
    mayRead: async (principal, id) => {
      if ((await role(principal, id)) === undefined) throw new WeftError('forbidden');
    },
    head: (tenant, id) => conversations.head(tenant, id),
    receipts: (tenant, id) => receipts.of(tenant, id),
    members: (tenant, id) => conversations.members(tenant, id),
    timings: (tenant, id) => timings.of(tenant, id),
    directs: (tenant, sub) => conversations.directs(tenant, sub),
    traceOf: (tenant, id, message) => readTraceId(store.log, tenant, id, message),
    revisions: (tenant, id, message) => readRevisions(store.log, tenant, id, message),
    messages: (tenant, id, range) => readMessages(store.log, tenant, id, range),
    search: async (principal, request, stopped) => {
      if (!searches.take(principal)) throw new WeftError('too-fast');
      return searchMessages(store, rights, principal, request, stopped);
    },
  };
}

function isMembership({ action }: CommandFrame): boolean {
  return action.type === 'join' || action.type === 'leave';
}

/** Whether a command is about the conversation beside a document: whoever has that is in it. */
async function isBeside(
  registry: Registry,
  tenant: string,
  { conversation }: CommandFrame,
): Promise<boolean> {
  return (await registry.resource(tenant, 'document', conversation)) !== undefined;
}
