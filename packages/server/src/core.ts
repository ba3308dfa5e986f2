import {
  DEFAULT_PACE,
  DEFAULT_SEARCH_PACE,
  ID_PATTERN,
  type PaceLimits,
  TENANT_PATTERN,
  WeftError,
} from '@weft/protocol';
import type { Store } from '@weft/storage';
import { Admission } from './admission/admission.ts';
import { type AdmissionLimits, DEFAULT_ADMISSION } from './admission/limits.ts';
import { type Authorize, Authorizer } from './auth/authorize.ts';
import type { Principal } from './auth/principal.ts';
import { type Revoked, revokedName, stands } from './auth/revocations.ts';
import { type Rights, createRights } from './auth/rights.ts';
import { Conversations } from './conversations/conversations.ts';
import { Paces } from './conversations/paces.ts';
import { Receipts } from './conversations/receipts.ts';
import { type Talk, createTalk } from './conversations/talk.ts';
import { Timings } from './conversations/timings.ts';
import { DEFAULT_LIMITS, type DocumentLimits } from './door/limits.ts';
import { Audience } from './engine/audience.ts';
import { Compactor } from './engine/compactor.ts';
import { Engine } from './engine/engine.ts';
import { type Folder, createWorkerFolder } from './engine/folder.ts';
import { Files } from './files/files.ts';
import { DEFAULT_FILE_LIMITS, type FileLimits } from './files/limits.ts';
import type { Endpoint } from './gateway/endpoint.ts';
import { Followers } from './gateway/followers.ts';
import type { SocketHost } from './gateway/host.ts';
import { People } from './gateway/people.ts';
import type { FlowCounters } from './gateway/outflow.ts';
import { Outstanding } from './gateway/outstanding.ts';
import { DEFAULT_RATES, type Rate, type RateKind, Rates } from './gateway/rates.ts';
import { Roster } from './gateway/roster.ts';
import { Socket } from './gateway/socket.ts';
import type { Transport } from './gateway/transport.ts';
import { type Logger, reasonOf } from './logger.ts';
import { seedOnce } from './seed.ts';
import { type Meter, silentMeter } from './telemetry/meter.ts';
import { meteredStore, meteredTalk } from './telemetry/metered.ts';
import { type Tracing, tracedLogger } from './telemetry/trace.ts';
import { type SessionFigures, type SessionLimits, Sessions } from './session/sessions.ts';

export interface WeftCoreOptions {
  readonly store: Store;
  /**
   * The person behind a token. Rejects with a WeftError of a token code. Tenants and `sub`s that are no ids (SPEC.md,
   * "Addresses") are refused.
   */
  readonly verify: (token: string) => Promise<Principal>;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  readonly build: string;
  /** The embedder's say in rights; without it, tokens and the database decide. */
  readonly authorize?: Authorize;
  readonly limits?: Partial<DocumentLimits>;
  /** How fast one person may send commands; each left out has its default. */
  readonly pace?: Partial<PaceLimits>;
  /** How fast one person may search; each left out has its default. */
  readonly searchPace?: Partial<PaceLimits>;
  /** How much one person may send; each kind left out has its default. */
  readonly rates?: Partial<Record<RateKind, Rate>>;
  /** What people may bring as files; each left out has its default. */
  readonly files?: Partial<FileLimits>;
  /** What folds tails into snapshots; default: a thread of its own. */
  readonly folder?: Folder;
  /** How many may be here at once; each left out has its default. */
  readonly admission?: Partial<AdmissionLimits>;
  /** What sessions that wait for their clients may take. */
  readonly sessions?: Partial<SessionLimits>;
  /** Where what it does is counted; default: nowhere. */
  readonly meter?: Meter;
  /** Where edits and messages are followed through the server; default: nowhere. */
  readonly tracing?: Tracing;
}

/** The server without http: sockets of any kind on one side, a store on the other. */
export interface WeftCore {
  /** Takes a socket. The caller hands it every frame, and tells it when the transport is gone. */
  accept(transport: Transport): Socket;
  /** Takes a socket of the subprotocol `weft.1`: what it opened outlives a cut. */
  acceptSession(transport: Transport): Endpoint;
  /** Sessions begun, resumed, parked. */
  readonly sessions: SessionFigures;
  /** Who may be here at once. */
  readonly admission: Pick<Admission, 'figures' | 'limits' | 'comeBack' | 'refused' | 'culled'>;
  /** Conversations, for those who ask without a socket. */
  readonly talk: Talk;
  readonly files: Files;
  /** The person behind a token. Rejects with a WeftError of a token code. */
  readonly verify: (token: string) => Promise<Principal>;
  readonly rights: Rights;
  /** Rights of a person (of everybody in the tenant, without one) have changed: open sockets are asked anew (law R3). */
  rightsChanged(tenant: string, sub?: string): void;
  /** Takes back all that a person was issued until now, or one token. Resolves when that is stored. */
  revoke(tenant: string, what: Revoked): Promise<void>;
  /** Whether anything read is not answered yet. */
  readonly busy: boolean;
  /** What was done to spare slow readers. */
  readonly flow: Readonly<FlowCounters>;
  readonly tracing: Tracing | undefined;
  /** Documents in memory, and how often a replica was found to read differently from the log. */
  readonly documents: { readonly loaded: number; readonly diverged: number };
  /** What was read and is not known to be stored. */
  readonly outstanding: Outstanding;
  /** Stops the work in the background. The store stays open. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for files that nobody names. */
const SWEEP_MS = 3_600_000;

/** Seeds the store once, and wires sockets, door, engines and conversations together around it. */
export async function createWeftCore(options: WeftCoreOptions): Promise<WeftCore> {
  const { now, meter = silentMeter, tracing } = options;
  const logger = tracing === undefined ? options.logger : tracedLogger(options.logger);
  const store = meteredStore(options.store, meter);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  await seedOnce(store, now());

  const audience = new Audience();
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
    const made = new Engine({
      tenant,
      store,
      logger,
      now,
      limits,
      compactor,
      folder,
      meter,
      audience,
    });
    engines.set(tenant, made);
    return made;
  };

  const followers = new Followers();
  const roster = new Roster(now);
  const people = new People();
  const timings = new Timings(now);
  const conversations = new Conversations({
    store,
    now,
    logger,
    timings,
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
      begun: (tenant, directs) => {
        for (const [sub, direct] of directs) {
          for (const each of people.of(tenant, sub)) {
            each.tell({ type: 'directs', conversations: [direct] });
          }
        }
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
    timings,
  });

  const { authorize } = options;
  const rights = createRights(
    store.registry,
    authorize === undefined ? undefined : new Authorizer(authorize, logger, now),
  );
  const verify = async (token: string): Promise<Principal> => {
    const principal = await options.verify(token);
    // Tenant and `sub` are parts of keys that are put together: a slash in one would make another's key of it.
    if (!TENANT_PATTERN.test(principal.tenant) || !ID_PATTERN.test(principal.sub)) {
      throw new WeftError('token-invalid', 'It names nobody that can be here.');
    }
    if (!(await stands(store.registry, principal))) throw new WeftError('revoked');
    return principal;
  };
  let revocations = 0;
  const paces = new Paces({ ...DEFAULT_PACE, ...options.pace }, now);
  const searches = new Paces({ ...DEFAULT_SEARCH_PACE, ...options.searchPace }, now);
  const files = new Files({
    store,
    rights,
    limits: { ...DEFAULT_FILE_LIMITS, ...options.files },
    now,
    logger,
  });
  const stopSweeping = files.sweepRegularly(SWEEP_MS);
  const talk = meteredTalk(
    createTalk({ store, rights, conversations, files, receipts, paces, searches, timings }),
    meter,
  );

  const outstanding = new Outstanding();
  const flow: FlowCounters = {
    updatesMerged: 0,
    presenceMerged: 0,
    questionsMerged: 0,
    readersClosed: 0,
  };
  const admission = new Admission({ ...DEFAULT_ADMISSION, ...options.admission }, now);
  const rates = new Rates({ ...DEFAULT_RATES, ...options.rates }, now);
  const host: SocketHost = {
    build: options.build,
    identity: store.identity,
    logger,
    now,
    verify,
    get revocations() {
      return revocations;
    },
    stands: (principal) => stands(store.registry, principal),
    joined: (present) => people.add(present),
    left: (present) => people.remove(present),
    roleOf: (principal, resource) => rights.roleOf(principal, resource),
    engine,
    command: (principal, command) => talk.command(principal, command),
    mark: (principal, mark) => {
      const resource = { kind: 'conversation', id: mark.conversation } as const;
      rights
        .roleOf(principal, resource)
        .then((role) => {
          // Whoever may not read it has read nothing of it.
          if (role !== undefined) receipts.mark(principal, mark);
        })
        .catch((error: unknown) => {
          logger.error('A mark could not be taken.', { reason: reasonOf(error) });
        });
    },
    receipts: (tenant, conversation) => talk.receipts(tenant, conversation),
    members: (tenant, conversation) => talk.members(tenant, conversation),
    directs: (tenant, sub) => talk.directs(tenant, sub),
    head: (tenant, conversation) => talk.head(tenant, conversation),
    attend: (principal, workspace, attendee) => roster.attend(principal, workspace, attendee),
    follow: (follower, tenant, conversation) => followers.add(follower, tenant, conversation),
    unfollow: (follower, tenant, conversation) => followers.remove(follower, tenant, conversation),
    flow,
    audience,
    admission,
    meter,
    tracing,
    rate: ({ tenant, sub }, kind) => rates.take(`${tenant}/${sub}`, kind),
    begun: (name) => outstanding.begin(name),
  };

  const socket = (transport: Transport) => new Socket(transport, host);
  const sessions = new Sessions({
    logger,
    socket,
    ...(options.sessions === undefined ? {} : { limits: options.sessions }),
  });

  return {
    accept: socket,
    acceptSession: (transport) => sessions.accept(transport),
    get sessions() {
      return sessions.figures;
    },
    admission,
    talk,
    files,
    verify,
    rights,
    rightsChanged: (tenant, sub) => {
      rights.forget(tenant, sub);
      for (const each of people.of(tenant, sub)) each.recheck();
    },
    revoke: async (tenant, what) => {
      await store.registry.revoke(tenant, revokedName(what), now());
      // Before anybody is told: whoever is signing in just now is not among those who are.
      revocations += 1;
      meter.revocation();
      const sub = 'sub' in what ? what.sub : undefined;
      for (const each of people.of(tenant, sub)) each.reverify();
    },
    outstanding,
    flow,
    tracing,
    get documents() {
      const all = [...engines.values()];
      return {
        loaded: all.reduce((sum, each) => sum + each.documents.size, 0),
        diverged: all.reduce((sum, each) => sum + each.diverged, 0),
      };
    },
    get busy() {
      return conversations.busy || receipts.busy || [...engines.values()].some((each) => each.busy);
    },
    close: () => {
      stopSweeping();
      sessions.close();
      admission.close();
      roster.close();
      receipts.close();
      return compactor.close();
    },
  };
}
