import type { Store } from '@weft/storage';
import type { Principal } from './auth/principal.ts';
import { roleOf } from './auth/rights.ts';
import { Conversations } from './conversations/conversations.ts';
import { Receipts } from './conversations/receipts.ts';
import { type Talk, createTalk } from './conversations/talk.ts';
import { DEFAULT_LIMITS, type DocumentLimits } from './door/limits.ts';
import { Compactor } from './engine/compactor.ts';
import { Engine } from './engine/engine.ts';
import { type Folder, createWorkerFolder } from './engine/folder.ts';
import { Followers } from './gateway/followers.ts';
import { Outstanding } from './gateway/outstanding.ts';
import { Socket, type SocketHost, type Transport } from './gateway/socket.ts';
import { type Logger, reasonOf } from './logger.ts';
import { seedOnce } from './seed.ts';

export interface WeftCoreOptions {
  readonly store: Store;
  /** The person behind a token. Rejects with a WeftError of a token code. */
  readonly verify: (token: string) => Promise<Principal>;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly build: string;
  readonly limits?: Partial<DocumentLimits>;
  /** What folds tails into snapshots; default: a thread of its own. */
  readonly folder?: Folder;
}

/** The server without http: sockets of any kind on one side, a store on the other. */
export interface WeftCore {
  /** Takes a socket. The caller hands it every frame, and tells it when the transport is gone. */
  accept(transport: Transport): Socket;
  /** Conversations, for those who ask without a socket. */
  readonly talk: Talk;
  /** Whether anything read is not answered yet. */
  readonly busy: boolean;
  /** What was read and is not known to be stored. */
  readonly outstanding: Outstanding;
  /** Stops the work in the background. The store stays open. */
  close(): Promise<void>;
}

/** Seeds the store once, and wires sockets, door, engines and conversations together around it. */
export async function createWeftCore(options: WeftCoreOptions): Promise<WeftCore> {
  const { store, now, logger } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  await seedOnce(store, now());

  const engines = new Map<string, Engine>();
  const folder = options.folder ?? createWorkerFolder();
  const compactor = new Compactor({
    log: store.log,
    folder,
    logger,
    now,
    folded: (stream, upTo, bytes) => {
      for (const each of engines.values()) each.folded(stream, upTo, bytes);
    },
  });
  const engine = (tenant: string): Engine => {
    const found = engines.get(tenant);
    if (found !== undefined) return found;
    const made = new Engine({ tenant, store, logger, now, limits, compactor, folder });
    engines.set(tenant, made);
    return made;
  };

  const followers = new Followers();
  const conversations = new Conversations({
    store,
    now,
    logger,
    listener: {
      committed: (tenant, segment, update, head) => {
        if (update !== undefined) {
          engine(tenant)
            .show(segment, update)
            .catch((error: unknown) => {
              logger.error('A segment could not be shown.', { segment, reason: reasonOf(error) });
            });
        }
        followers.tell(tenant, head);
      },
      reread: async (tenant, segments, head) => {
        for (const segment of segments) await engine(tenant).reread(segment);
        followers.tell(tenant, head);
      },
    },
  });

  const receipts = new Receipts({
    registry: store.registry,
    logger,
    head: async (tenant, id) => (await conversations.head(tenant, id)).sequence,
    tell: (tenant, message) => followers.tell(tenant, message),
  });

  const talk = createTalk(store, conversations, receipts);

  const outstanding = new Outstanding();
  const host: SocketHost = {
    build: options.build,
    identity: store.identity,
    logger,
    now,
    verify: options.verify,
    roleOf: (principal, resource) => roleOf(store.registry, principal, resource),
    engine,
    command: (principal, command) => talk.command(principal, command),
    mark: (principal, mark) => {
      const resource = { kind: 'conversation', id: mark.conversation } as const;
      roleOf(store.registry, principal, resource).then(
        (role) => {
          // Whoever may not read it has read nothing of it.
          if (role !== undefined) receipts.mark(principal, mark);
        },
        (error: unknown) => {
          logger.error('Rights could not be read.', { reason: reasonOf(error) });
        },
      );
    },
    receipts: (tenant, conversation) => talk.receipts(tenant, conversation),
    head: (tenant, conversation) => talk.head(tenant, conversation),
    follow: (socket, tenant, conversation) => followers.add(socket, tenant, conversation),
    unfollow: (socket, tenant, conversation) => followers.remove(socket, tenant, conversation),
    begun: (name) => outstanding.begin(name),
  };

  return {
    accept: (transport) => new Socket(transport, host),
    talk,
    outstanding,
    get busy() {
      return conversations.busy || receipts.busy || [...engines.values()].some((each) => each.busy);
    },
    close: () => {
      receipts.close();
      return compactor.close();
    },
  };
}
