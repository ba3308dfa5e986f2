import type { DatabaseSync } from 'node:sqlite';
import { roleSchema } from '@weft/protocol';
import type { Registry } from '../registry.ts';
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
        return row === undefined ? undefined : roleSchema.parse(text(row, 'role'));
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
