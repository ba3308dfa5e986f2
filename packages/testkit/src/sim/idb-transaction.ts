import { type SimTable, change, compare, copied, indexKey } from './idb-tables.ts';
import type { SimKey } from './idb-tables.ts';
import type { SimRandom } from './random.ts';

/** A tab, as far as its storage cares. */
export interface SimTab {
  /** Calls back in an event of the tab, which never comes once the tab is gone. */
  readonly later: (ms: number, run: () => void) => void;
  readonly alive: () => boolean;
  readonly random: SimRandom;
}

/** Milliseconds: until a transaction starts, between its steps, until its end is heard of. */
const DELAY = { start: 2, step: 0.2, answer: 2 } as const;

/** A request, with the members that are used of one. */
export class SimRequest {
  onsuccess: ((event: { readonly target: SimRequest }) => void) | null = null;
  onerror: ((event: { preventDefault(): void }) => void) | null = null;
  result: unknown = undefined;
  error: DOMException | null = null;

  /** @returns whether its error is nobody's any more */
  fail(error: DOMException): boolean {
    let prevented = false;
    this.error = error;
    this.onerror?.({
      preventDefault: () => {
        prevented = true;
      },
    });
    return prevented;
  }

  succeed(result: unknown): void {
    this.result = result;
    this.onsuccess?.({ target: this });
  }
}

interface Pending {
  readonly request: SimRequest;
  readonly run: () => unknown;
}

export interface SimTransactionOptions {
  readonly tab: SimTab;
  readonly mode: 'readonly' | 'readwrite' | 'versionchange';
  readonly tables: ReadonlyMap<string, SimTable>;
  /** The error that its commit meets, if it does. */
  readonly refuse: (wrote: boolean) => DOMException | undefined;
  /** It has left the database to the next one. */
  readonly left: () => void;
}

/** A transaction: its requests run in order once it is its turn, and are undone when it aborts. */
export class SimTransaction {
  oncomplete: (() => void) | null = null;
  onabort: (() => void) | null = null;
  error: DOMException | null = null;
  readonly #options: SimTransactionOptions;
  #pending: Pending[] = [];
  readonly #undo: (() => void)[] = [];
  #state: 'waiting' | 'running' | 'over' = 'waiting';
  #committing = false;

  constructor(options: SimTransactionOptions) {
    this.#options = options;
  }

  get mode(): SimTransactionOptions['mode'] {
    return this.#options.mode;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  get tab(): SimTab {
    return this.#options.tab;
  }

  objectStore(name: string): SimObjectStore {
    const table = this.#options.tables.get(name);
    if (table === undefined) throw new DOMException(`There is no ${name}.`, 'NotFoundError');
    return new SimObjectStore(this, table);
  }

  commit(): void {
    this.#committing = true;
  }

  abort(error: DOMException | null = null): void {
    if (this.over) throw new DOMException('It is over.', 'InvalidStateError');
    this.end(error);
  }

  ask(run: () => unknown): SimRequest {
    if (this.over || this.#committing) {
      throw new DOMException('It is over.', 'TransactionInactiveError');
    }
    const request = new SimRequest();
    this.#pending.push({ request, run });
    return request;
  }

  write(table: SimTable, key: SimKey, value: unknown): void {
    if (this.mode === 'readonly') throw new DOMException('Only for reading.', 'ReadOnlyError');
    this.#undo.push(change(table, key, value));
  }

  /** It is its turn. */
  start(): void {
    const { tab } = this.#options;
    this.#state = 'running';
    tab.later(DELAY.start * tab.random.next(), () => this.step());
  }

  /** Runs what was asked of it. What is asked then comes in the next step; when that is nothing, it commits. */
  step(): void {
    if (this.over) return;
    if (this.#pending.length === 0) {
      this.#commit();
      return;
    }
    const pending = this.#pending;
    this.#pending = [];
    for (const { request, run } of pending) {
      if (this.over) return;
      try {
        request.succeed(run());
      } catch (error) {
        const why =
          error instanceof DOMException ? error : new DOMException(String(error), 'DataError');
        if (!request.fail(why)) this.end(why);
      }
    }
    if (this.over) return;
    if (this.#committing) this.#commit();
    else this.#options.tab.later(DELAY.step, () => this.step());
  }

  /** Its tab is gone. @param finish whether the browser was through with it all the same */
  reap(finish: boolean): boolean {
    if (this.over) return true;
    const done = finish && this.#committing;
    if (done) {
      for (const { run } of this.#pending) run();
    } else {
      for (const undo of this.#undo.toReversed()) undo();
    }
    this.#state = 'over';
    return done;
  }

  /** Undoes it. */
  end(error: DOMException | null): void {
    for (const undo of this.#undo.toReversed()) undo();
    const open = this.#pending;
    this.#pending = [];
    this.error = error;
    this.#leave();
    this.#options.tab.later(0, () => {
      for (const { request } of open) request.fail(new DOMException('Aborted.', 'AbortError'));
      this.onabort?.();
    });
  }

  #commit(): void {
    const { tab, refuse } = this.#options;
    const refused = refuse(this.#undo.length > 0);
    if (refused !== undefined) {
      this.end(refused);
      return;
    }
    this.#leave();
    const told = () => this.oncomplete?.();
    if (tab.random.chance(0.5)) told();
    else tab.later(DELAY.answer * tab.random.next(), told);
  }

  #leave(): void {
    this.#state = 'over';
    this.#options.left();
  }
}

/** An object store within a transaction. */
export class SimObjectStore {
  readonly #transaction: SimTransaction;
  readonly #table: SimTable;

  constructor(transaction: SimTransaction, table: SimTable) {
    this.#transaction = transaction;
    this.#table = table;
  }

  get indexNames() {
    return { contains: (name: string) => this.#table.indexes.has(name) };
  }

  createIndex(name: string): void {
    this.#table.indexes.add(name);
  }

  add(value: unknown): SimRequest {
    const copy = copied(value);
    return this.#transaction.ask(() => {
      const key = this.#table.next;
      // Numbers that were given out are given out no more, also when the transaction is undone: gaps harm nobody.
      this.#table.next += 1;
      this.#transaction.write(this.#table, key, copy);
      return key;
    });
  }

  put(value: unknown, key: SimKey): SimRequest {
    const copy = copied(value);
    return this.#transaction.ask(() => {
      this.#transaction.write(this.#table, key, copy);
      return key;
    });
  }

  delete(key: SimKey): SimRequest {
    return this.#transaction.ask(() => this.#transaction.write(this.#table, key, undefined));
  }

  get(key: SimKey): SimRequest {
    return this.#transaction.ask(() => this.#table.records.get(key));
  }

  getKey(key: SimKey): SimRequest {
    return this.#transaction.ask(() => (this.#table.records.has(key) ? key : undefined));
  }

  getAll(): SimRequest {
    return this.#transaction.ask(() => [...this.#table.records.values()]);
  }

  getAllKeys(): SimRequest {
    return this.#transaction.ask(() => [...this.#table.records.keys()]);
  }

  openCursor(): SimRequest {
    const keys = () => [...this.#table.records.keys()].map((key) => ({ key, primaryKey: key }));
    return this.#walk(keys);
  }

  index(name: string) {
    const listed = () =>
      [...this.#table.records].flatMap(([primaryKey, value]) => {
        const key = indexKey(value, name);
        return key === undefined ? [] : [{ key, primaryKey, value }];
      });
    const of = (key: string) => listed().filter((each) => each.key === key);
    return {
      getAll: (key: string) => this.#transaction.ask(() => of(key).map(({ value }) => value)),
      getAllKeys: (key: string) =>
        this.#transaction.ask(() => of(key).map(({ primaryKey }) => primaryKey)),
      count: () => this.#transaction.ask(() => listed().length),
      openKeyCursor: (_range?: null, direction: 'next' | 'nextunique' = 'next') =>
        this.#walk(() => {
          const sorted = listed().toSorted((a, b) => compare(a.key, b.key));
          if (direction === 'next') return sorted;
          return sorted.filter(({ key }, place) => key !== sorted[place - 1]?.key);
        }),
    };
  }

  #walk(list: () => readonly { readonly key: SimKey; readonly primaryKey: SimKey }[]): SimRequest {
    let places: ReturnType<typeof list> = [];
    let at = 0;
    const cursorAt = () => {
      const place = places[at];
      if (place === undefined) return null;
      const { key, primaryKey } = place;
      return {
        key,
        primaryKey,
        value: this.#table.records.get(primaryKey),
        continue: (to?: SimKey) => {
          at += 1;
          while (to !== undefined && at < places.length && compare(places[at]?.key ?? to, to) < 0) {
            at += 1;
          }
          again();
        },
        update: (value: unknown) => this.put(value, primaryKey),
        delete: () => this.delete(primaryKey),
      };
    };
    const request = this.#transaction.ask(() => {
      places = list();
      return cursorAt();
    });
    const again = () => {
      // A cursor's request is told again, each time it has moved.
      const next = this.#transaction.ask(cursorAt);
      next.onsuccess = () => request.succeed(next.result);
      next.onerror = (event) => request.onerror?.(event);
    };
    return request;
  }
}
