import { existsSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../errors.ts';
import { damaged } from './failures.ts';
import { number } from './rows.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** Bytes up to which a database is checked whole at each opening: about 0.2 s. Larger ones are `weft check`'s. */
const CHECKED_WHOLE_MAX = 64 * 1024 * 1024;

/**
 * Looks at a file that is about to be opened, read-only and before anything else: what is foreign, newer or damaged
 * is refused without a byte changed.
 * @throws StorageError `not-a-database`, `newer` or `damaged`; errors of `node:sqlite` for what it cannot read at all
 */
export function judgeFile(file: string): void {
  const db = new DatabaseSync(untouched(file), { readOnly: true, timeout: 0 });
  try {
    judgeOwner(db, file);
    if (statSync(file).size > CHECKED_WHOLE_MAX) return;
    const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw damaged(file, String(found));
  } finally {
    db.close();
  }
}

/**
 * A name under which SQLite makes no file beside the database. It would make two for one in WAL mode, also for a reader,
 * and leave them there. Where a WAL or a journal lies beside it, they are a part of what it holds and must be read.
 */
function untouched(file: string): string | URL {
  if (existsSync(`${file}-wal`) || existsSync(`${file}-journal`)) return file;
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}

/**
 * Whether a database is empty, or ours and of a version that we know.
 * @returns its version; 0 for an empty one
 * @throws StorageError `not-a-database` or `newer`
 */
export function judgeOwner(db: DatabaseSync, file: string): number {
  const empty = number(db, 'SELECT count(*) AS value FROM sqlite_schema') === 0;
  const application = number(db, 'SELECT application_id AS value FROM pragma_application_id');
  const version = number(db, 'SELECT user_version AS value FROM pragma_user_version');
  if (!empty && application !== APPLICATION_ID) {
    throw new StorageError(
      'not-a-database',
      `${file} is a database of another program. Move it away, or choose another data directory.`,
    );
  }
  if (version > MIGRATIONS.length) {
    throw new StorageError(
      'newer',
      `${file} was written by a newer Weft (version ${version}, this one knows ${MIGRATIONS.length}). Update Weft, or restore an older back-up.`,
    );
  }
  return version;
}
