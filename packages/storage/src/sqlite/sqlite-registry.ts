import type { DatabaseSync } from 'node:sqlite';
import { roleSchema } from '@weft/protocol';
import type { Registry } from '../registry.ts';
import { storageError } from './database.ts';
import { integer, optionalText, text } from './rows.ts';

/** The registry's tables. Each call is one statement, so one transaction. */
export function createSqliteRegistry(db: DatabaseSync, file: string): Registry {
  const statements = {
    createResource: db.prepare(
      `INSERT INTO resources (tenant, kind, id, parent, owner, created) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    resource: db.prepare(
      'SELECT parent, owner, created FROM resources WHERE tenant = ? AND kind = ? AND id = ?',
    ),
    setMember: db.prepare(
      `INSERT INTO members (tenant, resource, person, role) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET role = ?4`,
    ),
    member: db.prepare('SELECT role FROM members WHERE tenant = ? AND resource = ? AND person = ?'),
    putGuest: db.prepare(
      `INSERT INTO guests (secret_hash, tenant, sub, name) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET name = ?4`,
    ),
    guest: db.prepare('SELECT tenant, sub, name FROM guests WHERE secret_hash = ?'),
  };

  const guarded = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(storageError(error, file));
    }
  };

  return {
    createResource: ({ tenant, kind, id, parent, owner, created }) =>
      guarded(
        () =>
          statements.createResource.run(tenant, kind, id, parent ?? null, owner, created).changes >
          0,
      ),
    resource: (tenant, kind, id) =>
      guarded(() => {
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
    setMember: (tenant, resource, person, role) =>
      guarded(() => {
        statements.setMember.run(tenant, resource, person, role);
      }),
    member: (tenant, resource, person) =>
      guarded(() => {
        const row = statements.member.get(tenant, resource, person);
        return row === undefined ? undefined : roleSchema.parse(text(row, 'role'));
      }),
    putGuest: (secretHash, { tenant, sub, name }) =>
      guarded(() => {
        statements.putGuest.run(secretHash, tenant, sub, name);
      }),
    guest: (secretHash) =>
      guarded(() => {
        const row = statements.guest.get(secretHash);
        return row === undefined
          ? undefined
          : { tenant: text(row, 'tenant'), sub: text(row, 'sub'), name: text(row, 'name') };
      }),
  };
}
