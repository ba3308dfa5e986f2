import { type MemoryDisk, createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import type { HubTab } from '@weft/testkit/sim';
import { afterEach } from 'vitest';
import type * as Y from 'yjs';
import {
  type Environment,
  type Observable,
  type Weft,
  type WeftOptions,
  createWeft,
  loadParts,
} from '../../src/index.ts';
import { type ManualEnv, manualEnv } from './manual-env.ts';
import { ScriptedServer } from './scripted-server.ts';

// When a part comes depends on the machine; `test/parts.test.ts` is about that.
await loadParts();

/** A client with everything that is around it. */
export interface Bench {
  readonly weft: Weft;
  readonly server: ScriptedServer;
  readonly env: ManualEnv;
  readonly disk: MemoryDisk;
  /** Closes the client and makes another on the same device and server: a reload. */
  reload(options?: Partial<WeftOptions>): Promise<Bench>;
}

export interface BenchOptions extends Partial<WeftOptions> {
  readonly server?: ScriptedServer;
  /** What stands before the server. */
  readonly dial?: Environment['socket'];
  readonly disk?: MemoryDisk;
  readonly draws?: () => number;
  /** Its place among the tabs of one device. */
  readonly tab?: HubTab;
}

const open: Weft[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((weft) => weft.close()));
});

export function bench(options: BenchOptions = {}): Bench {
  const { server = new ScriptedServer(), disk = createMemoryDisk(), draws, tab, ...rest } = options;
  const { dial = server.connect, ...own } = rest;
  const env = manualEnv(dial, draws);
  const weft = createWeft({
    url: 'ws://test.invalid/sync',
    token: 'token',
    store: openMemoryDevice(disk),
    env: tab === undefined ? env : { ...env, channel: tab.channel, lock: tab.lock },
    ...(tab === undefined ? {} : { tabs: 'device' }),
    ...own,
  });
  open.push(weft);
  return {
    weft,
    server,
    env,
    disk,
    reload: async (more = {}) => {
      await weft.close();
      return bench({ server, dial, disk, ...more });
    },
  };
}

/** Resolves with the value when it satisfies; the test's time limit is the only one. */
export function until<T>(source: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const value = source.get();
      if (!holds(value)) return;
      stop();
      resolve(value);
    };
    const stop = source.subscribe(check);
    check();
  });
}

export const untilState = <T extends { readonly state: string }>(
  source: Observable<T>,
  state: T['state'],
): Promise<T> => until(source, (value) => value.state === state);

/** Resolves when something holds of a document; asked again after each change. */
export function untilDoc(doc: Y.Doc, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!holds()) return;
      doc.off('update', check);
      resolve();
    };
    doc.on('update', check);
    check();
  });
}
