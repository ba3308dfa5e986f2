import type { DatabaseSync } from 'node:sqlite';
import { checksumProblems } from './checksum.ts';
import { integer, text } from './rows.ts';

/** Problems of one kind that are listed; more of the same say nothing new. */
const LISTED_MAX = 20;

/**
 * What is wrong with a database as a database and as a log: pages, references, the numbers of every stream, and the
 * checksums of contents. Reads all of it.
 */
export function structureProblems(db: DatabaseSync): readonly string[] {
  const pages = pageProblems(db);
  // What the rest would read may be anything.
  return pages.length > 0
    ? pages
    : [
        ...referenceProblems(db),
        ...RULES.flatMap((rule) => broken(db, rule)),
        ...checksumProblems(db, LISTED_MAX),
      ];
}

function pageProblems(db: DatabaseSync): readonly string[] {
  const found = db.prepare(`PRAGMA integrity_check(${LISTED_MAX})`).all();
  const lines = found.map((row) => text(row, 'integrity_check'));
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines.flatMap((line) => line.split('\n'));
}

function referenceProblems(db: DatabaseSync): readonly string[] {
  const found = db.prepare('PRAGMA foreign_key_check').all().slice(0, LISTED_MAX);
  return found.map((row) => `${text(row, 'table')}: a row belongs to no stream`);
}

/** A query for the streams that break a rule, and what to say of each. */
interface Rule {
  readonly sql: string;
  readonly say: (row: Record<string, unknown>) => string;
}

const RULES: readonly Rule[] = [
  {
    sql: `SELECT name, head, up_to FROM streams JOIN snapshots ON stream = id WHERE up_to > head OR up_to < 1`,
    say: (row) =>
      `${text(row, 'name')}: its snapshot is of record ${integer(row, 'up_to')}, its head is ${integer(row, 'head')}`,
  },
  {
    sql: `SELECT name, head, number FROM streams JOIN records ON stream = id WHERE number > head OR number < 1`,
    say: (row) =>
      `${text(row, 'name')}: record ${integer(row, 'number')} lies beyond its head ${integer(row, 'head')}`,
  },
  {
    // Dense from the snapshot to the head: counted, since a gap is where the count is too small.
    sql: `SELECT name, head, coalesce(up_to, 0) AS up_to,
            (SELECT count(*) FROM records r WHERE r.stream = s.id AND number > coalesce(up_to, 0) AND number <= head) AS found
          FROM streams s LEFT JOIN snapshots n ON n.stream = s.id
          WHERE found <> max(0, head - coalesce(up_to, 0))`,
    say: (row) => {
      const [head, upTo] = [integer(row, 'head'), integer(row, 'up_to')];
      return `${text(row, 'name')}: ${head - upTo - integer(row, 'found')} of the records ${upTo + 1} to ${head} are missing`;
    },
  },
  {
    sql: `SELECT name, key, number, head FROM streams JOIN keys ON stream = id WHERE number > head OR number < 1`,
    say: (row) =>
      `${text(row, 'name')}: a key names record ${integer(row, 'number')}, its head is ${integer(row, 'head')}`,
  },
  {
    sql: `SELECT name, r.number FROM streams s JOIN records r ON r.stream = s.id
          LEFT JOIN keys k ON k.stream = r.stream AND k.key = r.key
          WHERE r.key IS NOT NULL AND k.number IS NOT r.number`,
    say: (row) => `${text(row, 'name')}: the key of record ${integer(row, 'number')} names another`,
  },
  {
    sql: `SELECT name, k.number FROM streams s JOIN keys k ON k.stream = s.id
          JOIN records r ON r.stream = k.stream AND r.number = k.number
          WHERE r.key IS NOT k.key`,
    say: (row) => `${text(row, 'name')}: record ${integer(row, 'number')} does not have its key`,
  },
  {
    sql: `SELECT name, item FROM streams s JOIN texts t ON stream = s.id
          WHERE NOT EXISTS (SELECT 1 FROM text_words_docsize d WHERE d.id = place)
            OR NOT EXISTS (SELECT 1 FROM records r WHERE r.stream = s.id AND r.number = t.number)`,
    say: (row) =>
      `${text(row, 'name')}: a search does not find the text of ${integer(row, 'item')}`,
  },
  {
    sql: `SELECT name, client FROM streams JOIN clients ON stream = id WHERE client < 0 OR principal = ''`,
    say: (row) => `${text(row, 'name')}: client id ${integer(row, 'client')} belongs to nobody`,
  },
];

function broken(db: DatabaseSync, rule: Rule): readonly string[] {
  return db.prepare(`${rule.sql} ORDER BY name LIMIT ${LISTED_MAX}`).all().map(rule.say);
}
