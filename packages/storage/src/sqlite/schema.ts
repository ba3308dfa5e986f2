import type { DatabaseSync } from 'node:sqlite';
import { rebuildTexts } from './rebuild-texts.ts';
import { TEXT_TABLES } from './texts.ts';

/** Marks the file as ours (SQLite `application_id`): the letters "Weft". */
export const APPLICATION_ID = 0x57656674;

/** One step: SQL, or what SQL cannot do. Each runs in the transaction of all. */
export type Migration = string | ((db: DatabaseSync) => void);

/**
 * Forward-only migrations: number n brings a database from version n−1 (`user_version`) to n. A line that was
 * released is never changed.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    stream INTEGER NOT NULL REFERENCES streams (id),
    number INTEGER NOT NULL,
    key TEXT,
    principal TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (stream, number)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX record_keys ON records (stream, key) WHERE key IS NOT NULL;
  CREATE TABLE snapshots (
    stream INTEGER PRIMARY KEY REFERENCES streams (id),
    up_to INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE resources (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    parent TEXT,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE members (
    tenant TEXT NOT NULL,
    resource TEXT NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (tenant, resource, person)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE guests (
    secret_hash TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    sub TEXT NOT NULL,
    name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE clients (
    stream INTEGER NOT NULL REFERENCES streams (id),
    client INTEGER NOT NULL,
    principal TEXT NOT NULL,
    PRIMARY KEY (stream, client)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE keys (
    stream INTEGER NOT NULL REFERENCES streams (id),
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (stream, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO keys (stream, key, number) SELECT stream, key, number FROM records WHERE key IS NOT NULL;
  DROP INDEX record_keys;
  `,
  `
  CREATE TABLE receipts (
    tenant TEXT NOT NULL,
    conversation TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    PRIMARY KEY (tenant, conversation, person)
  ) STRICT, WITHOUT ROWID;
  `,
  // NULL in rows that were there before: what they were meant to say is not known any more.
  `
  ALTER TABLE records ADD COLUMN crc INTEGER;
  ALTER TABLE snapshots ADD COLUMN crc INTEGER;
  `,
  `
  CREATE TABLE invites (
    hash TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    resource TEXT NOT NULL,
    role TEXT NOT NULL,
    by TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invites_to ON invites (tenant, resource);
  CREATE TABLE revocations (
    tenant TEXT NOT NULL,
    what TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, what)
  ) STRICT, WITHOUT ROWID;
  `,
  (db) => {
    db.exec(TEXT_TABLES);
    rebuildTexts(db);
  },
];
