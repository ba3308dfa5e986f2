import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import type { Identity } from '../store.ts';

/** Names of the values in `meta`. */
export const Meta = {
  serverId: 'server-id',
  epoch: 'epoch',
  recoveryUntil: 'recovery-until',
} as const;

/** Which history a database holds. @throws StorageError `not-a-database` when it does not say */
export function readIdentity(db: DatabaseSync): Identity {
  const get = db.prepare('SELECT value FROM meta WHERE name = ?');
  const value = (name: string) => get.get(name)?.['value'];
  const serverId = value(Meta.serverId);
  const epoch = Number(value(Meta.epoch));
  if (typeof serverId !== 'string' || !Number.isSafeInteger(epoch) || epoch < 1) {
    throw new StorageError(
      'not-a-database',
      'The database has lost its identity. Restore a back-up.',
    );
  }
  const until = Number(value(Meta.recoveryUntil));
  return Number.isSafeInteger(until) && until > 0
    ? { serverId, epoch, recoveryUntil: until }
    : { serverId, epoch };
}

/** Keeps a value of `meta`, or removes it. */
export function writeMeta(db: DatabaseSync, name: string, value: string | undefined): void {
  if (value === undefined) {
    db.prepare('DELETE FROM meta WHERE name = ?').run(name);
    return;
  }
  db.prepare(
    'INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2',
  ).run(name, value);
}
