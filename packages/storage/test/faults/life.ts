import { type OutboxEntry, isOutboxEntry } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import {
  SimIndexedDb,
  SimJottings,
  type SimProcess,
  SimScheduler,
  type StorageHealth,
  createRandom,
} from '@weft/testkit/sim';
import * as Y from 'yjs';
import { openIndexedDbDevice } from '../../src/indexeddb/index.ts';

const NAME = 'weft-faults';
const DOCUMENT = 'document/a';

interface Tab {
  readonly process: SimProcess;
  readonly store: DeviceStore;
  readonly doc: Y.Doc;
}

/** What was done, what was promised, and what a device that is opened at the end holds. */
export interface Life {
  /** What was handed in, by tab, and what is there of it. */
  readonly typed: Readonly<Record<string, string>>;
  readonly held: Readonly<Record<string, string>>;
  /** Calls that were never answered, though their tab lives. */
  readonly unanswered: number;
  /** Calls that threw instead of rejecting. */
  readonly thrown: readonly unknown[];
  readonly stored: Awaited<ReturnType<DeviceStore['load']>>;
  readonly outbox: readonly OutboxEntry[];
  /** Ids of the messages that were promised to be safe. */
  readonly kept: readonly string[];
  readonly corrupted: readonly unknown[];
  readonly evicted: boolean;
  readonly state: ReturnType<DeviceStore['status']['get']>;
}

export type Fault = 'kill' | 'health' | 'drop' | 'corrupt' | 'evict';

/** Some people's device under faults, then in peace. */
export async function live(seed: number, faults: readonly Fault[]): Promise<Life> {
  const random = createRandom(`device ${seed}`);
  const scheduler = new SimScheduler();
  const browser = new SimIndexedDb();
  const storage = new SimJottings();
  const typed: Record<string, string> = {};
  let letters = 0;
  const kept: string[] = [];
  const thrown: unknown[] = [];
  const corrupted: unknown[] = [];
  let evicted = false;
  const unanswered = new Map<SimProcess, number>();
  let tabs: Tab[] = [];
  let opened = 0;

  const open = (): Tab => {
    opened += 1;
    const process = scheduler.spawn(`tab ${opened}`);
    const own = random.fork(`tab ${opened}`);
    const doc = new Y.Doc();
    doc.clientID = opened;
    const later = (ms: number, run: () => void) => void scheduler.after(ms, run, process);
    const store = openIndexedDbDevice({
      name: NAME,
      env: {
        factory: browser.factory({ later, alive: () => process.alive, random: own }),
        now: () => scheduler.now,
        random: () => own.next(),
        timer: (ms, fire) => scheduler.after(ms, fire, process),
        onPresence: () => () => undefined,
        jottings: storage,
        locks: undefined,
      },
    });
    const tab = { process, store, doc };
    doc.on('update', (bytes: Uint8Array) => keep(tab, bytes));
    tabs.push(tab);
    return tab;
  };
  const watch = <T>({ process }: Tab, call: () => Promise<T>): Promise<T | undefined> => {
    const count = (by: number) => {
      unanswered.set(process, (unanswered.get(process) ?? 0) + by);
    };
    count(1);
    const answered = () => count(-1);
    try {
      return call().then(
        (value) => {
          answered();
          return value;
        },
        () => {
          answered();
          return undefined;
        },
      );
    } catch (error) {
      thrown.push(error);
      return Promise.resolve(undefined);
    }
  };
  const keep = (tab: Tab, bytes: Uint8Array): void => {
    const update = { document: DOCUMENT, bytes, origin: 'local' } as const;
    const erase = tab.store.jot(update);
    void watch(tab, () => tab.store.append(update)).then((record) => {
      if (record !== undefined) erase();
    });
  };
  const type = (tab: Tab): void => {
    const root = `by ${tab.doc.clientID}`;
    const letter = `${(letters += 1)} `;
    typed[root] = `${typed[root] ?? ''}${letter}`;
    const text = tab.doc.getText(root);
    text.insert(text.length, letter);
  };
  const say = (tab: Tab, id: string): void => {
    const make = (counter: number): OutboxEntry => message(id, counter);
    void watch(tab, () => tab.store.enqueue('talk', make)).then((entry) => {
      if (entry !== undefined) kept.push(id);
    });
  };
  const kill = (tab: Tab): void => {
    tab.process.kill();
    tabs = tabs.filter((other) => other !== tab);
    browser.reap(random);
  };
  const fault = (kind: Fault): void => {
    switch (kind) {
      case 'kill':
        if (tabs.length > 0) kill(random.pick(tabs));
        break;
      case 'health':
        browser.health = random.pick<StorageHealth>(['well', 'failing', 'full', 'dropping']);
        break;
      case 'drop':
        browser.drop();
        break;
      case 'corrupt': {
        const was = browser.corrupt(NAME, random.pick(['updates', 'outbox', 'counters']), random);
        if (was !== undefined) corrupted.push(was);
        break;
      }
      case 'evict':
        evicted = true;
        browser.evict();
        break;
    }
  };

  let over = false;
  for (let step = 0; step < 60; step += 1) {
    scheduler.after(
      step * random.int(1, 4),
      () => {
        if (over) return;
        const tab =
          tabs.length === 0 || (tabs.length < 3 && random.chance(0.05))
            ? open()
            : random.pick(tabs);
        const dice = random.next();
        if (dice < 0.12 && faults.length > 0) fault(random.pick(faults));
        else if (dice < 0.25) say(tab, `01J${String(step).padStart(23, '0')}`);
        else if (dice < 0.35) void watch(tab, () => tab.store.load(DOCUMENT));
        else for (let n = random.int(1, 5); n > 0; n -= 1) type(tab);
      },
      'nobody',
    );
  }
  // Half of them come to rest, and every call of a tab that is there must have been answered; half end in the middle.
  const rests = random.chance(0.5);
  await scheduler.run(() => false, rests ? Infinity : 60);
  const waiting = rests
    ? tabs.reduce((sum, { process }) => sum + (unanswered.get(process) ?? 0), 0)
    : 0;
  over = true;
  browser.health = 'well';
  for (const tab of [...tabs]) kill(tab);
  const last = open();
  let result: Life | undefined;
  void (async () => {
    const stored = await last.store.load(DOCUMENT);
    const outbox = await last.store.outbox(isOutboxEntry);
    await last.store.set('peace', 'yes');
    result = {
      typed,
      held: textOf(stored.updates),
      unanswered: waiting,
      thrown,
      stored,
      outbox,
      kept,
      corrupted,
      evicted,
      state: last.store.status.get(),
    };
  })();
  await scheduler.run(() => result !== undefined, Infinity);
  if (result === undefined) throw new Error('The device that was opened last never answered.');
  return result;
}

function textOf(updates: readonly Uint8Array[]): Record<string, string> {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return Object.fromEntries(
    [...doc.share.keys()].map((root) => [root, doc.getText(root).toJSON()]),
  );
}

function message(id: string, counter: number): OutboxEntry {
  return {
    command: {
      type: 'command',
      id,
      device: 'device',
      counter,
      conversation: 'talk',
      at: 0,
      action: { type: 'send', body: { version: 1, text: id } },
    },
    state: { state: 'queued' },
  };
}
