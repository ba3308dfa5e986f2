import type { DatabaseSync } from 'node:sqlite';
import { type Membership, type Role, isMembership } from '@weft/protocol';
import type { Invite, Registry } from '../registry.ts';
import { StorageError } from '../errors.ts';
import { storageError } from './failures.ts';
import type { Submit } from './sqlite-store.ts';
import { integer, optionalText, text } from './rows.ts';

/** The registry's tables: writes join the group commit, reads are this thread's own. */
export function createSqliteRegistry(db: DatabaseSync, file: string, submit: Submit): Registry {
  const statements = {
    resource: db.prepare(
      'SELECT parent, owner, created FROM resources WHERE tenant = ? AND kind = ? AND id = ?',
    ),
    member: db.prepare('SELECT role FROM members WHERE tenant = ? AND resource = ? AND person = ?'),
    members: db.prepare(
      'SELECT person, role FROM members WHERE tenant = ? AND resource = ? ORDER BY person',
    ),
    invite: db.prepare('SELECT * FROM invites WHERE hash = ?'),
    invites: db.prepare(
      'SELECT * FROM invites WHERE tenant = ? AND resource = ? ORDER BY created, hash',
    ),
    revoked: db.prepare('SELECT at FROM revocations WHERE tenant = ? AND what = ?'),
    receipts: db.prepare(
      'SELECT person, name, delivered, read FROM receipts WHERE tenant = ? AND conversation = ?',
    ),
    guest: db.prepare('SELECT tenant, sub, name FROM guests WHERE secret_hash = ?'),
  };

  const reading = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(storageError(error, file));
    }
  };

  return {
    createResource: (resource) => submit('create-resource', { type: 'create-resource', resource }),
    resource: (tenant, kind, id) =>
      reading(() => {
        const row = statements.resource.get(tenant, kind, id);
        if (row === undefined) return undefined;
        return {
          tenant,
          kind,
          id,
          parent: optionalText(row, 'parent'),
          owner: text(row, 'owner'),
          created: integer(row, 'created'),
        };
      }),
    setMember: async (tenant, resource, person, role) => {
      await submit('set-member', { type: 'set-member', tenant, resource, person, role });
    },
    member: (tenant, resource, person) =>
      reading(() => {
        const row = statements.member.get(tenant, resource, person);
        return row === undefined ? undefined : membershipOf(text(row, 'role'));
      }),
    members: (tenant, resource) =>
      reading(() =>
        statements.members
          .all(tenant, resource)
          .map((row) => ({ person: text(row, 'person'), role: membershipOf(text(row, 'role')) })),
      ),
    putInvite: async (invite) => {
      await submit('put-invite', { type: 'put-invite', invite });
    },
    invite: (hash) =>
      reading(() => {
        const row = statements.invite.get(hash);
        return row === undefined ? undefined : inviteOf(row);
      }),
    invites: (tenant, resource) =>
      reading(() => statements.invites.all(tenant, resource).map(inviteOf)),
    removeInvite: async (hash) => {
      await submit('remove-invite', { type: 'remove-invite', hash });
    },
    revoke: async (tenant, what, at) => {
      await submit('revoke', { type: 'revoke', tenant, what, at });
    },
    revoked: (tenant, what) =>
      reading(() => {
        const row = statements.revoked.get(tenant, what);
        return row === undefined ? undefined : integer(row, 'at');
      }),
    putGuest: async (secretHash, guest) => {
      await submit('put-guest', { type: 'put-guest', secretHash, guest });
    },
    putReceipt: (tenant, conversation, receipt) =>
      submit('put-receipt', { type: 'put-receipt', tenant, conversation, receipt }),
    receipts: (tenant, conversation) =>
      reading(() =>
        statements.receipts.all(tenant, conversation).map((row) => ({
          person: text(row, 'person'),
          name: text(row, 'name'),
          delivered: integer(row, 'delivered'),
          read: integer(row, 'read'),
        })),
      ),
    guest: (secretHash) =>
      reading(() => {
        const row = statements.guest.get(secretHash);
        return row === undefined
          ? undefined
          : { tenant: text(row, 'tenant'), sub: text(row, 'sub'), name: text(row, 'name') };
      }),
  };
}

/** @throws StorageError `damaged` for what this version cannot have written */
function membershipOf(role: string): Membership {
  if (isMembership(role)) return role;
  throw new StorageError('damaged', `A member has the unknown role "${role}".`);
}

function inviteOf(row: Readonly<Record<string, unknown>>): Invite {
  const given = membershipOf(text(row, 'role'));
  if (given === 'none') throw new StorageError('damaged', 'An invite has no role.');
  const role: Role = given;
  return {
    hash: text(row, 'hash'),
    tenant: text(row, 'tenant'),
    resource: text(row, 'resource'),
    role,
    by: text(row, 'by'),
    created: integer(row, 'created'),
    expires: integer(row, 'expires'),
  };
}
