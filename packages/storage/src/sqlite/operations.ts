import type { DatabaseSync } from 'node:sqlite';
import { ADOPTED, type AppendResult, type LogEntry } from '../log.ts';
import type { Receipt } from '@weft/protocol';
import type { Guest, ResourceRecord } from '../registry.ts';
import { integer, text } from './rows.ts';

/** Everything that is written to the database. Each is decided and done inside one transaction. */
export type Operation =
  | { readonly type: 'append'; readonly entries: readonly LogEntry[] }
  | {
      readonly type: 'put-snapshot';
      readonly stream: string;
      readonly upTo: number;
      readonly bytes: Uint8Array;
      readonly previous: number;
    }
  | { readonly type: 'trim'; readonly stream: string }
  | {
      readonly type: 'claim';
      readonly stream: string;
      readonly client: number;
      readonly principal: string;
    }
  | { readonly type: 'create-resource'; readonly resource: ResourceRecord }
  | {
      readonly type: 'set-member';
      readonly tenant: string;
      readonly resource: string;
      readonly person: string;
      readonly role: string;
    }
  | {
      readonly type: 'put-receipt';
      readonly tenant: string;
      readonly conversation: string;
      readonly receipt: Receipt;
    }
  | { readonly type: 'put-guest'; readonly secretHash: string; readonly guest: Guest }
  /** Changes nothing that anybody reads: tells whether a commit works. */
  | { readonly type: 'probe' };

/** What an operation answers, by its type. */
export interface Answers {
  readonly append: AppendResult;
  readonly 'put-snapshot': boolean;
  readonly trim: number;
  readonly claim: string;
  readonly 'create-resource': boolean;
  readonly 'set-member': null;
  readonly 'put-guest': null;
  readonly 'put-receipt': Receipt | undefined;
  readonly probe: null;
}

export type Answer = {
  readonly [Type in keyof Answers]: { readonly type: Type; readonly value: Answers[Type] };
}[keyof Answers];

/** Runs operations; the caller has begun a transaction. */
export function createOperations(db: DatabaseSync): (operation: Operation) => Answer {
  const statements = {
    stream: db.prepare('SELECT id, head FROM streams WHERE name = ?'),
    addStream: db.prepare('INSERT INTO streams (name, head) VALUES (?, 0) RETURNING id'),
    setHead: db.prepare('UPDATE streams SET head = ? WHERE id = ?'),
    keyed: db.prepare('SELECT number FROM keys WHERE stream = ? AND key = ?'),
    addKey: db.prepare('INSERT INTO keys (stream, key, number) VALUES (?, ?, ?)'),
    owner: db.prepare('SELECT principal FROM clients WHERE stream = ? AND client = ?'),
    own: db.prepare(
      'INSERT INTO clients (stream, client, principal) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    insert: db.prepare(
      'INSERT INTO records (stream, number, key, principal, kind, at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    trim: db.prepare(
      `DELETE FROM records WHERE stream = ? AND number <= ? AND kind <> '${ADOPTED}'`,
    ),
    probe: db.prepare(
      `INSERT INTO meta (name, value) VALUES ('probe', '1')
       ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT)`,
    ),
    snapshot: db.prepare('SELECT up_to FROM snapshots WHERE stream = ?'),
    putSnapshot: db.prepare(
      `INSERT INTO snapshots (stream, up_to, bytes) VALUES (?1, ?2, ?3)
       ON CONFLICT (stream) DO UPDATE SET up_to = ?2, bytes = ?3`,
    ),
    putReceipt: db.prepare(
      `INSERT INTO receipts (tenant, conversation, person, name, delivered, read)
       VALUES (?1, ?2, ?3, ?4, max(?5, ?6), ?6)
       ON CONFLICT DO UPDATE SET name = ?4, delivered = max(delivered, ?5, ?6), read = max(read, ?6)
       WHERE max(?5, ?6) > delivered OR ?6 > read
       RETURNING delivered, read`,
    ),
    createResource: db.prepare(
      `INSERT INTO resources (tenant, kind, id, parent, owner, created) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    setMember: db.prepare(
      `INSERT INTO members (tenant, resource, person, role) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET role = ?4`,
    ),
    putGuest: db.prepare(
      `INSERT INTO guests (secret_hash, tenant, sub, name) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET name = ?4`,
    ),
  };

  const stream = (name: string): { id: number; head: number } | undefined => {
    const row = statements.stream.get(name);
    return row === undefined ? undefined : { id: integer(row, 'id'), head: integer(row, 'head') };
  };

  const openStream = (name: string): { id: number; head: number } =>
    stream(name) ?? { id: integer(statements.addStream.get(name) ?? {}, 'id'), head: 0 };

  const ownerOf = (id: number, client: number): string | undefined => {
    const row = statements.owner.get(id, client);
    return row === undefined ? undefined : text(row, 'principal');
  };

  const append = (entries: readonly LogEntry[]): AppendResult => {
    const known = entries.map(({ stream: name, key }) => {
      const found = key === undefined ? undefined : stream(name);
      if (found === undefined || key === undefined) return undefined;
      const row = statements.keyed.get(found.id, key);
      return row === undefined ? undefined : integer(row, 'number');
    });
    if (known.some((number) => number !== undefined)) {
      return { outcome: 'repeated', numbers: known };
    }
    for (const { stream: name, after } of entries) {
      if (after === undefined) continue;
      const head = stream(name)?.head ?? 0;
      if (after !== head) return { outcome: 'conflict', stream: name, head };
    }
    for (const { stream: name, principal, claims, adopt } of entries) {
      const found = claims === undefined || adopt === true ? undefined : stream(name);
      if (found === undefined || claims === undefined) continue;
      for (const client of claims) {
        const owner = ownerOf(found.id, client);
        if (owner !== undefined && owner !== principal) {
          return { outcome: 'taken', stream: name, client };
        }
      }
    }
    const numbers = entries.map((entry) => {
      const found = openStream(entry.stream);
      const number = found.head + 1;
      const { key = null, principal, at, bytes, claims = [] } = entry;
      const adopted =
        entry.adopt === true && claims.some((client) => ownerOf(found.id, client) !== principal);
      const kind = adopted ? ADOPTED : entry.kind;
      statements.insert.run(found.id, number, key, principal, kind, at, bytes);
      statements.setHead.run(number, found.id);
      if (key !== null) statements.addKey.run(found.id, key, number);
      if (!adopted) for (const client of claims) statements.own.run(found.id, client, principal);
      return number;
    });
    return { outcome: 'appended', numbers };
  };

  const putSnapshot = (
    name: string,
    upTo: number,
    bytes: Uint8Array,
    previous: number,
  ): boolean => {
    const found = stream(name);
    if (found === undefined) return false;
    const row = statements.snapshot.get(found.id);
    if ((row === undefined ? 0 : integer(row, 'up_to')) !== previous) return false;
    statements.putSnapshot.run(found.id, upTo, bytes);
    return true;
  };

  const trim = (name: string): number => {
    const found = stream(name);
    const row = found === undefined ? undefined : statements.snapshot.get(found.id);
    if (found === undefined || row === undefined) return 0;
    return Number(statements.trim.run(found.id, integer(row, 'up_to')).changes);
  };

  const claim = (name: string, client: number, principal: string): string => {
    const { id } = openStream(name);
    statements.own.run(id, client, principal);
    return text(statements.owner.get(id, client) ?? {}, 'principal');
  };

  return (operation) => {
    const { type } = operation;
    switch (type) {
      case 'append':
        return { type, value: append(operation.entries) };
      case 'put-snapshot': {
        const { stream: name, upTo, bytes, previous } = operation;
        return { type, value: putSnapshot(name, upTo, bytes, previous) };
      }
      case 'trim':
        return { type, value: trim(operation.stream) };
      case 'claim':
        return { type, value: claim(operation.stream, operation.client, operation.principal) };
      case 'create-resource': {
        const { tenant, kind, id, parent, owner, created } = operation.resource;
        const made = statements.createResource.run(
          tenant,
          kind,
          id,
          parent ?? null,
          owner,
          created,
        );
        return { type, value: made.changes > 0 };
      }
      case 'set-member': {
        const { tenant, resource, person, role } = operation;
        statements.setMember.run(tenant, resource, person, role);
        return { type, value: null };
      }
      case 'put-guest': {
        const { tenant, sub, name } = operation.guest;
        statements.putGuest.run(operation.secretHash, tenant, sub, name);
        return { type, value: null };
      }
      case 'put-receipt': {
        const { tenant, conversation, receipt } = operation;
        const { person, name, delivered, read } = receipt;
        const row = statements.putReceipt.get(tenant, conversation, person, name, delivered, read);
        const value =
          row === undefined
            ? undefined
            : { person, name, delivered: integer(row, 'delivered'), read: integer(row, 'read') };
        return { type, value };
      }
      case 'probe':
        statements.probe.run();
        return { type, value: null };
      default: {
        const unreachable: never = operation;
        return unreachable;
      }
    }
  };
}
