import type { DatabaseSync } from 'node:sqlite';
import type { TextChange, TextFound, TextQuery } from '../text-index.ts';
import { integer, text } from './rows.ts';

/**
 * The words of texts in FTS5. Only words are kept, not the texts, and no positions: a row of `texts` says which record
 * has the text. Places rise in the order in which things came, so that the newest first is the index's own order.
 */

/** Migration: the tables. `ascii` parts words at spaces only where they are folded: letters of any script stay whole. */
export const TEXT_TABLES = `
  CREATE TABLE texts (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL REFERENCES streams (id),
    item INTEGER NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (stream, item)
  ) STRICT;
  CREATE VIRTUAL TABLE text_words USING fts5 (
    words, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='2 3'
  );
`;

/** Begins the words that are ours: no folded word holds it, and to the tokenizer it is a letter. */
const OURS = '\u00b7';

/** A word that every text of a scope has. Names are told apart by case, and the tokenizer does not: hence digits. */
function scopeWord(scope: string): string {
  return `${OURS}s${Buffer.from(scope).toString('hex')}`;
}

/** A word that every text of a stream has. */
function streamWord(stream: number): string {
  return `${OURS}n${stream}`;
}

/** Keeps texts; the caller has begun a transaction. */
export function createTextWriter(
  db: DatabaseSync,
): (stream: number, number: number, change: TextChange) => void {
  const statements = {
    place: db.prepare('SELECT place FROM texts WHERE stream = ? AND item = ?'),
    add: db.prepare('INSERT INTO texts (stream, item, number) VALUES (?, ?, ?) RETURNING place'),
    move: db.prepare('UPDATE texts SET number = ? WHERE place = ?'),
    drop: db.prepare('DELETE FROM texts WHERE place = ?'),
    addWords: db.prepare('INSERT INTO text_words (rowid, words) VALUES (?, ?)'),
    dropWords: db.prepare('DELETE FROM text_words WHERE rowid = ?'),
  };
  return (stream, number, { scope, item, words }) => {
    const known = statements.place.get(stream, item);
    if (known !== undefined) statements.dropWords.run(integer(known, 'place'));
    if (words.length === 0) {
      if (known !== undefined) statements.drop.run(integer(known, 'place'));
      return;
    }
    const place = integer(known ?? statements.add.get(stream, item, number) ?? {}, 'place');
    if (known !== undefined) statements.move.run(number, place);
    const all = new Set([scopeWord(scope), streamWord(stream), ...words]);
    statements.addWords.run(place, [...all].join(' '));
  };
}

/** Finds texts. Words are quoted, and hold nothing but letters and digits: there is no query that FTS5 refuses. */
export function createTextFinder(db: DatabaseSync): {
  readonly find: (query: TextQuery) => readonly TextFound[];
  readonly newest: () => number;
} {
  const statements = {
    newest: db.prepare('SELECT coalesce(max(place), 0) AS newest FROM texts'),
    stream: db.prepare('SELECT id FROM streams WHERE name = ?'),
    find: db.prepare(
      `SELECT place, name, item, number FROM text_words
       JOIN texts ON place = text_words.rowid JOIN streams ON id = stream
       WHERE text_words MATCH ?1 AND text_words.rowid < ?2 AND text_words.rowid >= ?4
       ORDER BY text_words.rowid DESC LIMIT ?3`,
    ),
  };
  const find = (query: TextQuery): readonly TextFound[] => {
    const { scope, words, stream, before = Number.MAX_SAFE_INTEGER, from = 0, limit } = query;
    const within = stream === undefined ? undefined : statements.stream.get(stream);
    if (stream !== undefined && within === undefined) return [];
    const wanted = [
      ...words.map((word) => `${quoted(word)} *`),
      quoted(scopeWord(scope)),
      ...(within === undefined ? [] : [quoted(streamWord(integer(within, 'id')))]),
    ];
    return statements.find.all(wanted.join(' AND '), before, limit, from).map((row) => ({
      place: integer(row, 'place'),
      stream: text(row, 'name'),
      item: integer(row, 'item'),
      number: integer(row, 'number'),
    }));
  };
  return { find, newest: () => integer(statements.newest.get() ?? {}, 'newest') };
}

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
