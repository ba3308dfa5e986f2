import type {
  AppendResult,
  Guest,
  Invite,
  LogEntry,
  LogRecord,
  ResourceRecord,
  Snapshot,
} from '@weft/storage';
import { type Membership, NOTHING_SEEN, type Receipt, mergeWatermarks } from '@weft/protocol';

/** One committed change of a store, as its disk holds it. */
export type StoreRecord =
  | { readonly type: 'append'; readonly entries: readonly LogEntry[] }
  | {
      readonly type: 'claim';
      readonly stream: string;
      readonly client: number;
      readonly principal: string;
    }
  | { readonly type: 'snapshot'; readonly stream: string; readonly snapshot: Snapshot }
  | { readonly type: 'trim'; readonly stream: string }
  | { readonly type: 'resource'; readonly resource: ResourceRecord }
  | {
      readonly type: 'member';
      readonly resource: string;
      readonly person: string;
      readonly role: Membership | undefined;
    }
  | { readonly type: 'invite'; readonly invite: Invite }
  | { readonly type: 'remove-invite'; readonly hash: string }
  | { readonly type: 'revoke'; readonly key: string; readonly at: number }
  | { readonly type: 'receipt'; readonly key: string; readonly receipt: Receipt }
  | { readonly type: 'guest'; readonly secretHash: string; readonly guest: Guest };

interface Stream {
  readonly records: (LogRecord | undefined)[];
  readonly keys: Map<string, number>;
  readonly clients: Map<number, string>;
  snapshot: Snapshot | undefined;
}

/** What a store's records add up to. Deciding and applying are apart: what is decided may never become durable. */
export class StoreTables {
  readonly #streams = new Map<string, Stream>();
  readonly #resources = new Map<string, ResourceRecord>();
  readonly #members = new Map<string, Map<string, Membership>>();
  readonly #invites = new Map<string, Invite>();
  readonly #revoked = new Map<string, number>();
  readonly #receipts = new Map<string, Map<string, Receipt>>();
  readonly #guests = new Map<string, Guest>();

  /** What an append would come to. */
  decide(entries: readonly LogEntry[]): AppendResult {
    const known = entries.map(({ stream, key }) =>
      key === undefined ? undefined : this.#streams.get(stream)?.keys.get(key),
    );
    if (known.some((number) => number !== undefined)) {
      return { outcome: 'repeated', numbers: known };
    }
    for (const { stream, after } of entries) {
      const head = this.head(stream);
      if (after !== undefined && after !== head) return { outcome: 'conflict', stream, head };
    }
    for (const { stream, principal, claims } of entries) {
      for (const client of claims ?? []) {
        if ((this.owner(stream, client) ?? principal) !== principal) {
          return { outcome: 'taken', stream, client };
        }
      }
    }
    const heads = new Map<string, number>();
    const numbers = entries.map(({ stream }) => {
      const number = (heads.get(stream) ?? this.head(stream)) + 1;
      heads.set(stream, number);
      return number;
    });
    return { outcome: 'appended', numbers };
  }

  apply(record: StoreRecord): void {
    switch (record.type) {
      case 'append':
        for (const entry of record.entries) this.#append(entry);
        break;
      case 'claim':
        this.#open(record.stream).clients.set(record.client, record.principal);
        break;
      case 'snapshot':
        this.#open(record.stream).snapshot = record.snapshot;
        break;
      case 'trim': {
        const stream = this.#open(record.stream);
        stream.records.fill(undefined, 0, stream.snapshot?.upTo ?? 0);
        break;
      }
      case 'resource':
        this.#resources.set(resourceKey(record.resource), record.resource);
        break;
      case 'member':
        this.#setMember(record.resource, record.person, record.role);
        break;
      case 'invite':
        this.#invites.set(record.invite.hash, record.invite);
        break;
      case 'remove-invite':
        this.#invites.delete(record.hash);
        break;
      case 'revoke':
        this.#revoked.set(record.key, record.at);
        break;
      case 'receipt': {
        const people = this.#receipts.get(record.key) ?? new Map<string, Receipt>();
        people.set(record.receipt.person, record.receipt);
        this.#receipts.set(record.key, people);
        break;
      }
      case 'guest':
        this.#guests.set(record.secretHash, record.guest);
        break;
      default: {
        const unreachable: never = record;
        return unreachable;
      }
    }
  }

  head(stream: string): number {
    return this.#streams.get(stream)?.records.length ?? 0;
  }

  owner(stream: string, client: number): string | undefined {
    return this.#streams.get(stream)?.clients.get(client);
  }

  snapshot(stream: string): Snapshot | undefined {
    return this.#streams.get(stream)?.snapshot;
  }

  /** How many records a trim would drop. */
  trimmable(stream: string): number {
    const upTo = this.snapshot(stream)?.upTo ?? 0;
    const records = this.#streams.get(stream)?.records.slice(0, upTo) ?? [];
    return records.filter((record) => record !== undefined).length;
  }

  read(stream: string, after: number, limit: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    const records = this.#streams.get(stream)?.records ?? [];
    for (let at = after; at < records.length && found.length < limit; at += 1) {
      const record = records[at];
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  find(stream: string, key: string): LogRecord | undefined {
    const opened = this.#streams.get(stream);
    const number = opened?.keys.get(key);
    return number === undefined ? undefined : opened?.records[number - 1];
  }

  /** Names of all streams, sorted. */
  streams(): readonly string[] {
    return [...this.#streams.keys()].toSorted();
  }

  resource(key: string): ResourceRecord | undefined {
    return this.#resources.get(key);
  }

  /** @param resource with its tenant */
  members(resource: string): ReadonlyMap<string, Membership> {
    return this.#members.get(resource) ?? new Map<string, Membership>();
  }

  invites(): readonly Invite[] {
    return [...this.#invites.values()];
  }

  revoked(key: string): number | undefined {
    return this.#revoked.get(key);
  }

  #setMember(resource: string, person: string, role: Membership | undefined): void {
    const people = this.#members.get(resource) ?? new Map<string, Membership>();
    this.#members.set(resource, people);
    if (role === undefined) people.delete(person);
    else people.set(person, role);
  }

  receipts(key: string): readonly Receipt[] {
    return [...(this.#receipts.get(key)?.values() ?? [])];
  }

  /** What a receipt would come to; `undefined` when it tells nothing new. */
  raised(key: string, receipt: Receipt): Receipt | undefined {
    const before = this.#receipts.get(key)?.get(receipt.person);
    const next = { ...receipt, ...mergeWatermarks(before ?? NOTHING_SEEN, receipt) };
    return before?.delivered === next.delivered && before.read === next.read ? undefined : next;
  }

  guest(secretHash: string): Guest | undefined {
    return this.#guests.get(secretHash);
  }

  #open(name: string): Stream {
    const found = this.#streams.get(name);
    if (found !== undefined) return found;
    const made: Stream = {
      records: [],
      keys: new Map(),
      clients: new Map(),
      snapshot: undefined,
    };
    this.#streams.set(name, made);
    return made;
  }

  #append(entry: LogEntry): void {
    const stream = this.#open(entry.stream);
    const number = stream.records.length + 1;
    stream.records.push({
      stream: entry.stream,
      number,
      key: entry.key,
      principal: entry.principal,
      kind: entry.kind,
      at: entry.at,
      bytes: entry.bytes,
    });
    if (entry.key !== undefined) stream.keys.set(entry.key, number);
    for (const client of entry.claims ?? []) stream.clients.set(client, entry.principal);
  }
}

export function resourceKey(resource: Pick<ResourceRecord, 'tenant' | 'kind' | 'id'>): string {
  return `${resource.tenant}/${resource.kind}/${resource.id}`;
}
