import { type SimTable, makeTable } from './idb-tables.ts';
import { SimRequest, type SimTab, SimTransaction } from './idb-transaction.ts';
import type { SimRandom } from './random.ts';

/** How a browser's storage does: `failing` and `full` refuse what is written; `dropping` closes databases in use. */
export type StorageHealth = 'well' | 'failing' | 'full' | 'dropping';

/**
 * A browser's IndexedDB on one device: what outlives its tabs. Only the part of the API that our adapter uses, so that the
 * adapter itself is what the simulator attacks. Transactions run one after the other, in the order in which they began.
 */
export class SimIndexedDb {
  health: StorageHealth = 'well';
  /** Bytes of records that the browser gives room for. */
  quota = Number.POSITIVE_INFINITY;
  readonly #databases = new Map<string, Database>();

  /** Its face in a tab. */
  factory(tab: SimTab): IDBFactory {
    const open = (name: string, version = 1): SimRequest => {
      const request = new OpenRequest();
      const database = this.#databases.get(name) ?? new Database(this);
      this.#databases.set(name, database);
      tab.later(tab.random.next(), () => database.open(tab, version, request));
      return request;
    };
    // The few members that are used of one; whoever calls another finds out at once.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { open } as unknown as IDBFactory;
  }

  /** Tabs are gone: what they had under way is undone, or was through already. */
  reap(random: SimRandom): void {
    for (const database of this.#databases.values()) database.reap(random);
  }

  /** A record changes by itself, as bits on a disk do. @returns what it was, or nothing when there is none */
  corrupt(name: string, table: string, random: SimRandom): unknown {
    const records = this.#databases.get(name)?.tables.get(table)?.records;
    if (records === undefined || records.size === 0) return undefined;
    const [key, value] = random.pick([...records]);
    records.set(key, damaged(value, random));
    return value;
  }

  /** The browser clears the storage of this origin: everything is gone, open databases are closed. */
  evict(): void {
    for (const database of this.#databases.values()) database.clear();
    this.#databases.clear();
  }

  /** Closes every database under its tabs. */
  drop(): void {
    for (const database of this.#databases.values()) database.drop();
  }

  /** Changes a database from outside: an app of another version did. */
  tables(name: string): Map<string, SimTable> | undefined {
    return this.#databases.get(name)?.tables;
  }

  /** Makes a database another version's. */
  setVersion(name: string, version: number): void {
    const database = this.#databases.get(name);
    if (database !== undefined) database.version = version;
  }
}

function damaged(value: unknown, random: SimRandom): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.1)) return 'not what it was';
  const bytes: unknown = 'bytes' in value ? value.bytes : undefined;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) return {};
  const turned = bytes.slice();
  const at = random.int(0, turned.length - 1);
  turned[at] = (turned[at] ?? 0) ^ (1 << random.int(0, 7));
  return { ...value, bytes: random.chance(0.7) ? turned : bytes.slice(0, at) };
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return 0;
  return value.bytes instanceof Uint8Array ? value.bytes.length : 0;
}

class OpenRequest extends SimRequest {
  onupgradeneeded: (() => void) | null = null;
  onblocked: (() => void) | null = null;
  transaction: SimTransaction | null = null;
}

class Database {
  version = 0;
  tables = new Map<string, SimTable>();
  readonly #browser: SimIndexedDb;
  #connections: Connection[] = [];
  #queue: SimTransaction[] = [];

  constructor(browser: SimIndexedDb) {
    this.#browser = browser;
  }

  open(tab: SimTab, version: number, request: OpenRequest): void {
    if (version < this.version) {
      request.fail(new DOMException('It is newer.', 'VersionError'));
      return;
    }
    const connection = new Connection(tab, this);
    if (version === this.version) {
      this.#connections.push(connection);
      request.succeed(connection);
      return;
    }
    this.#connections = this.#connections.filter(({ tab: { alive } }) => alive());
    for (const other of this.#connections) other.onversionchange?.();
    if (this.#connections.length > 0) request.onblocked?.();
    this.#upgrade(connection, version, request);
  }

  #upgrade(connection: Connection, version: number, request: OpenRequest): void {
    const before = this.version;
    const upgrade = this.begin(connection.tab, 'versionchange');
    this.version = version;
    this.#connections.push(connection);
    request.result = connection;
    request.transaction = upgrade;
    request.onupgradeneeded?.();
    upgrade.oncomplete = () => request.succeed(connection);
    upgrade.onabort = () => {
      this.version = before;
      connection.close();
      request.fail(new DOMException('The upgrade was aborted.', 'AbortError'));
    };
  }

  begin(tab: SimTab, mode: SimTransaction['mode']): SimTransaction {
    this.reap(tab.random);
    const transaction: SimTransaction = new SimTransaction({
      tab,
      mode,
      tables: this.tables,
      refuse: (wrote) => this.#refuse(wrote),
      left: () => this.#left(transaction),
    });
    this.#queue.push(transaction);
    if (this.#queue[0] === transaction) transaction.start();
    return transaction;
  }

  forget(connection: Connection): void {
    this.#connections = this.#connections.filter((other) => other !== connection);
  }

  reap(random: SimRandom): void {
    const before = this.#queue[0];
    // The browser comes to some of them, in order, and then sees that nobody is there any more.
    let through = true;
    for (const transaction of this.#queue) {
      if (transaction.tab.alive()) continue;
      through = through && random.chance(0.5);
      through = transaction.reap(through) && through;
    }
    this.#queue = this.#queue.filter(({ over }) => !over);
    if (this.#queue[0] !== before) this.#queue[0]?.start();
  }

  drop(): void {
    for (const transaction of [...this.#queue]) {
      if (!transaction.over) transaction.end(null);
    }
    for (const connection of [...this.#connections]) {
      connection.close();
      connection.tab.later(0, () => connection.onclose?.());
    }
  }

  clear(): void {
    this.drop();
    this.tables = new Map();
    this.version = 0;
  }

  #refuse(wrote: boolean): DOMException | undefined {
    const { health, quota } = this.#browser;
    switch (health) {
      case 'well':
        if (quota === Number.POSITIVE_INFINITY || !wrote || this.#size() <= quota) return undefined;
        return new DOMException('There is no room.', 'QuotaExceededError');
      case 'failing':
        return wrote ? new DOMException('The disk fails.', 'UnknownError') : undefined;
      case 'full':
        return wrote ? new DOMException('There is no room.', 'QuotaExceededError') : undefined;
      case 'dropping':
        return wrote ? new DOMException('The database was closed.', 'AbortError') : undefined;
      default:
        throw new Error('There is no such health.');
    }
  }

  #size(): number {
    let size = 0;
    for (const { records } of this.tables.values()) {
      for (const value of records.values()) size += sizeOf(value);
    }
    return size;
  }

  #left(transaction: SimTransaction): void {
    const next = this.#queue[0] === transaction;
    this.#queue = this.#queue.filter((other) => other !== transaction);
    if (next) this.#queue[0]?.start();
  }
}

class Connection {
  onclose: (() => void) | null = null;
  onversionchange: (() => void) | null = null;
  readonly tab: SimTab;
  readonly #database: Database;
  #closed = false;

  constructor(tab: SimTab, database: Database) {
    this.tab = tab;
    this.#database = database;
  }

  get objectStoreNames() {
    return { contains: (name: string) => this.#database.tables.has(name) };
  }

  createObjectStore(name: string, { autoIncrement = false } = {}): void {
    this.#database.tables.set(name, makeTable(autoIncrement));
  }

  transaction(names: readonly string[], mode: 'readonly' | 'readwrite'): SimTransaction {
    if (this.#closed) throw new DOMException('The database is closed.', 'InvalidStateError');
    const missing = names.find((name) => !this.#database.tables.has(name));
    if (missing !== undefined) throw new DOMException(`There is no ${missing}.`, 'NotFoundError');
    return this.#database.begin(this.tab, mode);
  }

  close(): void {
    this.#closed = true;
    this.#database.forget(this);
  }
}
