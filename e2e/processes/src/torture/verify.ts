import { checkContents, foldUpdates } from '@weft/server';
import { type SqliteReader, openSqliteReader } from '@weft/storage/sqlite';
import * as Y from 'yjs';
import type { LedgerNow } from './ledger.ts';
import { marksOf } from './marks.ts';

/**
 * Compares a database with what clients had been told before it was opened: everything stored is there, everything
 * there is there once, nothing is there that nobody made, and the log is sound.
 * @returns what is wrong, one line each
 */
export async function verifyDatabase(file: string, told: LedgerNow): Promise<readonly string[]> {
  const reader = openSqliteReader({ file });
  try {
    const structure = reader.problems();
    if (structure.length > 0) return structure;
    const wrong = [...(await checkContents(reader.log, reader.streams, reader.texts)).problems];
    for (const [document, { made, stored }] of told.documents) {
      wrong.push(...compareMarks(document, await marksIn(reader, document), made, stored));
    }
    for (const [conversation, sent] of told.sent) {
      const places = told.messages.get(conversation) ?? new Map<string, number>();
      wrong.push(...(await compareMessages(reader, conversation, places, sent)));
    }
    return wrong;
  } finally {
    reader.close();
  }
}

/** What is wrong with the marks of a document. */
export function compareMarks(
  document: string,
  found: readonly string[],
  made: readonly string[],
  stored: readonly string[],
): readonly string[] {
  const once = new Set<string>();
  const wrong: string[] = [];
  const known = new Set(made);
  for (const mark of found) {
    if (once.has(mark)) wrong.push(`${document}: ${mark} is there twice`);
    if (!known.has(mark)) wrong.push(`${document}: nobody wrote ${mark}`);
    once.add(mark);
  }
  for (const mark of stored) {
    if (!once.has(mark)) wrong.push(`${document}: ${mark} was stored and is gone`);
  }
  return wrong;
}

async function marksIn(reader: SqliteReader, document: string): Promise<readonly string[]> {
  const stream = `_/document/${document}`;
  const snapshot = await reader.log.snapshot(stream);
  const tail = await reader.log.read(stream, snapshot?.upTo ?? 0, 1_000_000);
  const updates = tail.map(({ bytes }) => bytes);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, foldUpdates(snapshot === undefined ? updates : [snapshot.bytes, ...updates]));
  const marks = marksOf(doc);
  doc.destroy();
  return marks;
}

async function compareMessages(
  reader: SqliteReader,
  conversation: string,
  places: ReadonlyMap<string, number>,
  sent: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const found = new Map<string, number>();
  const records = await reader.log.read(`_/conversation/${conversation}`, 0, 1_000_000);
  for (const { key = '', number } of records) {
    const id = key.slice(key.indexOf('/') + 1);
    if (found.has(id)) wrong.push(`${conversation}: message ${id} is there twice`);
    if (!sent.has(id)) wrong.push(`${conversation}: nobody sent ${id}`);
    found.set(id, number);
  }
  for (const [id, sequence] of places) {
    const there = found.get(id);
    if (there !== sequence) {
      wrong.push(`${conversation}: message ${id} was ${sequence}, and is ${there ?? 'gone'}`);
    }
  }
  return wrong;
}
