import { type Identity, type LogEntry, StorageError, type Store } from '@weft/storage';
import type { SimDisk } from './disk.ts';
import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';
import { type StoreRecord, StoreTables, resourceKey } from './store-tables.ts';

/** Where a commit stands: at each of these a simulation may pull the plug. */
export type CommitPoint =
  /** Nothing of the batch is written. */
  | 'before-write'
  /** All of it is written, and none of it is durable for certain. */
  | 'before-sync'
  /** It is durable, and nobody was told. */
  | 'before-answer';

/** How the disk fares. */
export type DiskHealth =
  | 'well'
  /** Writes fail, and nothing is written. */
  | 'failing'
  /** Writes fail and are there all the same: the sync's answer was lost. */
  | 'lying';

export interface SimStoreOptions {
  readonly scheduler: SimScheduler;
  readonly process: SimProcess;
  readonly random: SimRandom;
  readonly disk: SimDisk<StoreRecord>;
  readonly identity: Identity;
  /** How many times longer than a quick disk's its commits take; 1 unless said. */
  readonly slowness?: number;
  readonly health: () => DiskHealth;
  /** Called at each point of each commit. It may kill the process: then nothing further happens. */
  readonly reached: (point: CommitPoint) => void;
  /** Called with what became durable, before anybody is told. */
  readonly durable: (records: readonly StoreRecord[]) => void;
}

interface Job {
  /** What to write, decided when its turn comes, and how to tell that it is durable. */
  readonly decide: (tables: StoreTables) => Decided;
  readonly failed: (error: Error) => void;
}

interface Decided {
  readonly records: readonly StoreRecord[];
  readonly done: () => void;
}

/** Milliseconds that things take on the simulated disk. */
const DELAY = { gather: 1, write: 1, sync: 4, answer: 1, read: 2 } as const;

/**
 * A server's store on a simulated disk. Appends are gathered into one commit: decided, written, synced, answered, each
 * at a time of its own, so that a crash finds it anywhere. Reads see only what is durable.
 */
export function openSimStore(options: SimStoreOptions): Store {
  const { scheduler, process, random, disk, health } = options;
  /** What is durable, and what the commit under way adds to it. */
  const tables = new StoreTables();
  const drafts = new StoreTables();
  for (const record of disk.records) {
    tables.apply(record);
    drafts.apply(record);
  }
  let queue: Job[] = [];
  let committing = false;
  let closed = false;

  const later = (ms: number, run: () => void) => {
    scheduler.after(ms * random.next(), run, process);
  };
  const at = (point: CommitPoint): boolean => {
    options.reached(point);
    return process.alive;
  };

  const submit = (job: Job) => {
    if (closed) {
      job.failed(new StorageError('failed', 'This store is closed.'));
      return;
    }
    queue.push(job);
    if (committing) return;
    committing = true;
    later(DELAY.gather, write);
  };

  const write = () => {
    if (!at('before-write')) return;
    const jobs = queue;
    queue = [];
    const failing = health();
    if (failing === 'failing') {
      answer(() => {
        for (const job of jobs) job.failed(new StorageError('failed', 'The disk is full.'));
      });
      return;
    }
    const decided = jobs.map((job) => {
      const decision = job.decide(drafts);
      for (const record of decision.records) {
        drafts.apply(record);
        disk.write(record);
      }
      return decision;
    });
    const records = decided.flatMap((decision) => decision.records);
    if (records.length === 0) {
      answer(() => decided.forEach(({ done }) => done()));
      return;
    }
    if (!at('before-sync')) return;
    later(DELAY.sync * (options.slowness ?? 1), () => {
      for (const record of disk.sync()) tables.apply(record);
      options.durable(records);
      if (!at('before-answer')) return;
      answer(() => {
        if (failing === 'lying') {
          for (const job of jobs) job.failed(new StorageError('failed', 'The sync failed.'));
        } else {
          for (const { done } of decided) done();
        }
      });
    });
  };

  const answer = (run: () => void) => {
    later(DELAY.answer, () => {
      run();
      if (queue.length > 0) later(DELAY.gather, write);
      else committing = false;
    });
  };

  /** A commit; resolves with what `decide` found once it is durable. */
  const commit = <T>(
    decide: (tables: StoreTables) => {
      readonly result: T;
      readonly records: readonly StoreRecord[];
    },
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      submit({
        decide: (now) => {
          const { result, records } = decide(now);
          return { records, done: () => resolve(result) };
        },
        failed: reject,
      });
    });

  const read = <T>(from: (durable: StoreTables) => T): Promise<T> => {
    if (closed) return Promise.reject(new StorageError('failed', 'This store is closed.'));
    if (random.chance(0.7)) return Promise.resolve(from(tables));
    return new Promise((resolve) => {
      later(DELAY.read, () => resolve(from(tables)));
    });
  };

  return {
    identity: options.identity,
    log: {
      append: (entries) => {
        const wrong = invalid(entries);
        if (wrong !== undefined) return Promise.reject(new StorageError('invalid-entry', wrong));
        return commit((now) => {
          const result = now.decide(entries);
          return {
            result,
            records: result.outcome === 'appended' ? [{ type: 'append', entries }] : [],
          };
        });
      },
      read: (stream, after, limit) => read((now) => now.read(stream, after, limit)),
      find: (stream, key) => read((now) => now.find(stream, key)),
      head: (stream) => read((now) => now.head(stream)),
      snapshot: (stream) => read((now) => now.snapshot(stream)),
      putSnapshot: (stream, snapshot, previous) =>
        commit((now) => {
          const result = (now.snapshot(stream)?.upTo ?? 0) === previous;
          return { result, records: result ? [{ type: 'snapshot', stream, snapshot }] : [] };
        }),
      trim: (stream) =>
        commit((now) => ({
          result: now.trimmable(stream),
          records: [{ type: 'trim', stream }],
        })),
      claim: (stream, client, principal) => {
        if (!isClient(client)) {
          return Promise.reject(new StorageError('invalid-entry', `${client} is no client id.`));
        }
        return commit((now) => {
          const owner = now.owner(stream, client);
          if (owner !== undefined) return { result: owner, records: [] };
          return { result: principal, records: [{ type: 'claim', stream, client, principal }] };
        });
      },
    },
    registry: {
      createResource: (resource) =>
        commit((now) => {
          const result = now.resource(resourceKey(resource)) === undefined;
          return { result, records: result ? [{ type: 'resource', resource }] : [] };
        }),
      resource: (tenant, kind, id) =>
        read((now) => now.resource(resourceKey({ tenant, kind, id }))),
      setMember: (tenant, resource, person, role) =>
        commit(() => ({
          result: undefined,
          records: [{ type: 'member', resource: `${tenant}/${resource}`, person, role }],
        })),
      member: (tenant, resource, person) =>
        read((now) => now.members(`${tenant}/${resource}`).get(person)),
      members: (tenant, resource) =>
        read((now) =>
          [...now.members(`${tenant}/${resource}`)]
            .map(([person, role]) => ({ person, role }))
            .toSorted((a, b) => (a.person < b.person ? -1 : 1)),
        ),
      putInvite: (invite) =>
        commit((now) => {
          const known = now.invites().some(({ hash }) => hash === invite.hash);
          return { result: undefined, records: known ? [] : [{ type: 'invite', invite }] };
        }),
      invite: (hash) => read((now) => now.invites().find((invite) => invite.hash === hash)),
      invites: (tenant, resource) =>
        read((now) =>
          now
            .invites()
            .filter((invite) => invite.tenant === tenant && invite.resource === resource)
            .toSorted((a, b) => a.created - b.created),
        ),
      removeInvite: (hash) =>
        commit(() => ({ result: undefined, records: [{ type: 'remove-invite', hash }] })),
      revoke: (tenant, what, at) =>
        commit((now) => {
          const key = `${tenant}/${what}`;
          const latest = Math.max(at, now.revoked(key) ?? at);
          return { result: undefined, records: [{ type: 'revoke', key, at: latest }] };
        }),
      revoked: (tenant, what) => read((now) => now.revoked(`${tenant}/${what}`)),
      putGuest: (secretHash, guest) =>
        commit(() => ({ result: undefined, records: [{ type: 'guest', secretHash, guest }] })),
      guest: (secretHash) => read((now) => now.guest(secretHash)),
      putReceipt: (tenant, conversation, receipt) =>
        commit((now) => {
          const key = `${tenant}/${conversation}`;
          const result = now.raised(key, receipt);
          return {
            result,
            records: result === undefined ? [] : [{ type: 'receipt', key, receipt: result }],
          };
        }),
      receipts: (tenant, conversation) => read((now) => now.receipts(`${tenant}/${conversation}`)),
    },
    close: async () => {
      closed = true;
    },
  };
}

/** Why no medium may keep these; `undefined` when one may. */
function invalid(entries: readonly LogEntry[]): string | undefined {
  for (const { at, claims } of entries) {
    if (!Number.isSafeInteger(at)) return 'An entry has no time.';
    const wrong = claims?.find((client) => !isClient(client));
    if (wrong !== undefined) return `${wrong} is no client id.`;
  }
  return undefined;
}

function isClient(client: number): boolean {
  return Number.isSafeInteger(client) && client >= 0;
}
