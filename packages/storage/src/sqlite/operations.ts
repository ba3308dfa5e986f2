import type { DatabaseSync } from 'node:sqlite';
import { ADOPTED, type AppendResult, type LogEntry } from '../log.ts';
import type { Receipt } from '@weft/protocol';
import type { Guest, Invite, ResourceRecord } from '../registry.ts';
import { checksumOf, snapshotChecksum } from './checksum.ts';
import { integer, text } from './rows.ts';
import { StreamHeads } from './stream-heads.ts';
import { createTextWriter } from './texts.ts';

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
  /** Drops at most `TRIM_RECORDS`. */
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
      readonly role: string | undefined;
    }
  | { readonly type: 'put-invite'; readonly invite: Invite }
  | { readonly type: 'remove-invite'; readonly hash: string }
  | {
      readonly type: 'revoke';
      readonly tenant: string;
      readonly what: string;
      readonly at: number;
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
  readonly 'put-invite': null;
  readonly 'remove-invite': null;
  readonly revoke: null;
  readonly 'put-guest': null;
  readonly 'put-receipt': Receipt | undefined;
  readonly probe: null;
}

export type Answer = {
  readonly [Type in keyof Answers]: { readonly type: Type; readonly value: Answers[Type] };
}[keyof Answers];

/** Records that one transaction drops at most: thousands take so long that everybody's commits would wait. */
export const TRIM_RECORDS = 250;

/** Runs the operations of one transaction, which the caller has begun and then commits. */
export function createOperations(
  db: DatabaseSync,
): (operations: readonly Operation[]) => readonly Answer[] {
  const streams = new StreamHeads(db);
  const statements = {
    keyed: db.prepare('SELECT number FROM keys WHERE stream = ? AND key = ?'),
    addKey: db.prepare('INSERT INTO keys (stream, key, number) VALUES (?, ?, ?)'),
    owner: db.prepare('SELECT principal FROM clients WHERE stream = ? AND client = ?'),
    own: db.prepare(
      'INSERT INTO clients (stream, client, principal) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    insert: db.prepare(
      'INSERT INTO records (stream, number, key, principal, kind, at, bytes, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    trim: db.prepare(
      `DELETE FROM records WHERE stream = ?1 AND number IN (
         SELECT number FROM records WHERE stream = ?1 AND number <= ?2 AND kind <> '${ADOPTED}'
         ORDER BY number LIMIT ${TRIM_RECORDS}
       )`,
    ),
    probe: db.prepare(
      `INSERT INTO meta (name, value) VALUES ('probe', '1')
       ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT)`,
    ),
    snapshot: db.prepare('SELECT up_to FROM snapshots WHERE stream = ?'),
    putSnapshot: db.prepare(
      `INSERT INTO snapshots (stream, up_to, bytes, crc) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (stream) DO UPDATE SET up_to = ?2, bytes = ?3, crc = ?4`,
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
    removeMember: db.prepare(
      'DELETE FROM members WHERE tenant = ? AND resource = ? AND person = ?',
    ),
    putInvite: db.prepare(
      `INSERT INTO invites (hash, tenant, resource, role, by, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    removeInvite: db.prepare('DELETE FROM invites WHERE hash = ?'),
    revoke: db.prepare(
      `INSERT INTO revocations (tenant, what, at) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET at = max(at, ?3)`,
    ),
    putGuest: db.prepare(
      `INSERT INTO guests (secret_hash, tenant, sub, name) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET name = ?4`,
    ),
  };

  const writeText = createTextWriter(db);

  const ownerOf = (id: number, client: number): string | undefined => {
    const row = statements.owner.get(id, client);
    return row === undefined ? undefined : text(row, 'principal');
  };

  const append = (entries: readonly LogEntry[]): AppendResult => {
    const known = entries.map(({ stream: name, key }) => {
      const found = key === undefined ? undefined : streams.find(name);
      if (found === undefined || key === undefined) return undefined;
      const row = statements.keyed.get(found.id, key);
      return row === undefined ? undefined : integer(row, 'number');
    });
    if (known.some((number) => number !== undefined)) {
      return { outcome: 'repeated', numbers: known };
    }
    for (const { stream: name, after } of entries) {
      if (after === undefined) continue;
      const head = streams.find(name)?.head ?? 0;
      if (after !== head) return { outcome: 'conflict', stream: name, head };
    }
    for (const { stream: name, principal, claims, adopt } of entries) {
      const found = claims === undefined || adopt === true ? undefined : streams.find(name);
      if (found === undefined || claims === undefined) continue;
      for (const client of claims) {
        const owner = ownerOf(found.id, client);
        if (owner !== undefined && owner !== principal) {
          return { outcome: 'taken', stream: name, client };
        }
      }
    }
    const numbers = entries.map((entry) => {
      const found = streams.open(entry.stream);
      const number = streams.next(found);
      const { key = null, principal, at, bytes, claims = [] } = entry;
      const adopted =
        entry.adopt === true && claims.some((client) => ownerOf(found.id, client) !== principal);
      const kind = adopted ? ADOPTED : entry.kind;
      const crc = checksumOf({ number, key, principal, kind, at, bytes });
      statements.insert.run(found.id, number, key, principal, kind, at, bytes, crc);
      if (key !== null) statements.addKey.run(found.id, key, number);
      if (entry.text !== undefined) writeText(found.id, number, entry.text);
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
    const found = streams.find(name);
    if (found === undefined) return false;
    const row = statements.snapshot.get(found.id);
    if ((row === undefined ? 0 : integer(row, 'up_to')) !== previous) return false;
    statements.putSnapshot.run(found.id, upTo, bytes, snapshotChecksum(upTo, bytes));
    return true;
  };

  const trim = (name: string): number => {
    const found = streams.find(name);
    const row = found === undefined ? undefined : statements.snapshot.get(found.id);
    if (found === undefined || row === undefined) return 0;
    return Number(statements.trim.run(found.id, integer(row, 'up_to')).changes);
  };

  const claim = (name: string, client: number, principal: string): string => {
    const { id } = streams.open(name);
    statements.own.run(id, client, principal);
    return text(statements.owner.get(id, client) ?? {}, 'principal');
  };

  const run = (operation: Operation): Answer => {
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
        if (role === undefined) statements.removeMember.run(tenant, resource, person);
        else statements.setMember.run(tenant, resource, person, role);
        return { type, value: null };
      }
      case 'put-invite': {
        const { hash, tenant, resource, role, by, created, expires } = operation.invite;
        statements.putInvite.run(hash, tenant, resource, role, by, created, expires);
        return { type, value: null };
      }
      case 'remove-invite':
        statements.removeInvite.run(operation.hash);
        return { type, value: null };
      case 'revoke':
        statements.revoke.run(operation.tenant, operation.what, operation.at);
        return { type, value: null };
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

  return (operations) => {
    streams.begin();
    const answers = operations.map(run);
    streams.write();
    return answers;
  };
}
