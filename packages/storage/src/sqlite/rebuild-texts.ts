import type { DatabaseSync } from 'node:sqlite';
import { conversationEventSchema, textOfEvent } from '@weft/protocol';
import * as v from 'valibot';
import { blob, integer, text } from './rows.ts';
import { createTextWriter } from './texts.ts';

/** `<tenant>/conversation/<id>`: a stream of events, and none of its parts. */
const CONVERSATION = /^([^/]+)\/conversation\/[^/]+$/;

/**
 * Migration: the texts of the messages that a database holds already, in the order in which they were committed. Reads
 * every event: half a minute for a million. What cannot be read is left out; `weft check` tells of it.
 */
export function rebuildTexts(db: DatabaseSync): void {
  const write = createTextWriter(db);
  const scopes = new Map<number, string>();
  for (const row of db.prepare('SELECT id, name FROM streams').all()) {
    const [, scope] = CONVERSATION.exec(text(row, 'name')) ?? [];
    if (scope !== undefined) scopes.set(integer(row, 'id'), scope);
  }
  const bytesOf = db.prepare('SELECT bytes FROM records WHERE stream = ? AND number = ?');
  const places = db
    .prepare(`SELECT stream, number FROM records WHERE kind = 'event' ORDER BY at, stream, number`)
    .all()
    .map((row) => [integer(row, 'stream'), integer(row, 'number')] as const);
  for (const [stream, number] of places) {
    const scope = scopes.get(stream);
    const row = scope === undefined ? undefined : bytesOf.get(stream, number);
    if (scope === undefined || row === undefined) continue;
    const change = textOfBytes(blob(row, 'bytes'));
    if (change !== undefined) write(stream, number, { scope, ...change });
  }
}

function textOfBytes(bytes: Uint8Array) {
  try {
    const event = v.safeParse(conversationEventSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return event.success ? textOfEvent(event.output) : undefined;
  } catch {
    // No JSON: nothing of ours.
    return undefined;
  }
}
