import type { AppendResult, Log, LogEntry, Store } from '@weft/storage';
import { wrapFunction } from './wrap.ts';
import type { Wrappers } from '../universe.ts';
import type { Bug } from './bug.ts';

/** Bugs between the server and its log. */
export const STORE_BUGS: readonly Bug[] = [
  {
    name: 'fact 1: stored is said before the commit',
    wrappers: withLog((log) => ({
      append: (entries) => {
        // What becomes of it is nobody's business: that is the bug.
        log.append(entries).catch(() => undefined);
        return Promise.resolve(claimed(entries));
      },
    })),
  },
  {
    name: 'fact 2: a store that failed is taken for done',
    wrappers: withLog((log) => ({
      append: (entries) => log.append(entries).catch(() => claimed(entries)),
    })),
  },
  {
    name: 'one write in ten is answered and not written',
    wrappers: withLog((log) => {
      let count = 0;
      return {
        append: (entries) => {
          count += 1;
          return count % 10 === 0 ? Promise.resolve(claimed(entries)) : log.append(entries);
        },
      };
    }),
  },
  {
    name: 'keys are ignored: a command sent again has a second effect',
    wrappers: withLog((log) => ({
      append: (entries) => log.append(lacking(entries, 'key')),
      find: () => Promise.resolve(undefined),
    })),
  },
  {
    name: 'the condition "after" is dropped',
    wrappers: withLog((log) => ({
      append: (entries) => log.append(lacking(entries, 'after')),
    })),
  },
  {
    name: 'claims of client ids are ignored',
    wrappers: withLog((log) => ({
      append: (entries) => log.append(lacking(entries, 'claims')),
      claim: (_stream, _client, principal) => Promise.resolve(principal),
    })),
  },
  {
    name: 'an append is not atomic: only its first entry is written',
    wrappers: withLog((log) => ({ append: (entries) => log.append(entries.slice(0, 1)) })),
  },
  {
    name: 'a read leaves out the newest record',
    wrappers: withLog((log) => ({
      read: async (stream, after, limit) => {
        const records = await log.read(stream, after, limit);
        return records.length > 3 ? records.slice(0, -1) : records;
      },
    })),
  },
  {
    name: 'a snapshot lacks the last update that it says it holds',
    transform: wrapFunction(
      'packages/server/src/engine/fold.ts',
      'foldUpdates',
      '(sound) => (updates) => sound(updates.slice(0, -1))',
    ),
  },
  {
    name: 'a snapshot is trimmed behind, though another one was there first',
    wrappers: withLog((log) => ({
      putSnapshot: (stream, snapshot, previous) =>
        log.putSnapshot(stream, { ...snapshot, upTo: snapshot.upTo + 1 }, previous),
    })),
  },
];

function withLog(change: (log: Log) => Partial<Log>): Wrappers {
  return {
    store: (store: Store) => ({ ...store, log: { ...store.log, ...change(store.log) } }),
  };
}

/** The answer that a sound append would most likely give. */
function claimed(entries: readonly LogEntry[]): AppendResult {
  return { outcome: 'appended', numbers: entries.map(({ after }) => (after ?? 0) + 1) };
}

/** Entries without one of their fields. */
function lacking(entries: readonly LogEntry[], field: 'key' | 'after' | 'claims'): LogEntry[] {
  return entries.map((entry) => {
    const less: LogEntry = { ...entry };
    Reflect.deleteProperty(less, field);
    return less;
  });
}
