import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EMPTY_CONVERSATION, type Action, decide, searchWords } from '@weft/protocol';
import { describe, expect, it } from 'vitest';
import { openSqliteReader, openSqliteStore } from '../src/sqlite/index.ts';
import { MIGRATIONS } from '../src/sqlite/schema.ts';
import { entry, temporaryDirectory } from './support.ts';

/** The version before there was a search. */
const BEFORE = MIGRATIONS.findIndex((step) => typeof step !== 'string');

/** Events of one conversation, as a server writes them. */
function eventsOf(conversation: string, actions: readonly Action[], at: number) {
  let state = EMPTY_CONVERSATION;
  return actions.map((action, index) => {
    const command = {
      ...({
        type: 'command',
        id: `01J${String(at + index).padStart(23, '0')}`,
        device: 'd',
      } as const),
      ...{ counter: index + 1, conversation, at: 0, action },
    };
    const author = { sub: 'ann', name: 'Ann' };
    const decision = decide(state, command, author, 1, at + index);
    if (decision.outcome === 'read') throw new Error('The segment should be known.');
    if (decision.outcome === 'refuse') throw new Error(decision.code);
    state = decision.next;
    return entry(`_/conversation/${conversation}`, JSON.stringify(decision.event), {
      kind: 'event',
      at: at + index,
    });
  });
}

const send = (text: string): Action => ({ type: 'send', body: { version: 1, text } });

describe('a database from before there was a search', () => {
  it('[F1] is searched as if there had always been one, in the order in which things were said', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    // Between the two that come first and last.
    await store.log.append(eventsOf('b', [send('the second word')], 150));
    await store.log.append(eventsOf('a', [send('the first word')], 100));
    await store.log.append([
      ...eventsOf('c', [send('the third word'), send('of no interest')], 200),
      entry('_/conversation/d', 'not an event', { kind: 'event', at: 160 }),
      entry('_/conversation/a/members', '{}', { kind: 'membership', at: 160 }),
    ]);
    await store.close();
    const db = new DatabaseSync(file);
    db.exec(`DROP TABLE text_words; DROP TABLE texts; PRAGMA user_version = ${BEFORE}`);
    db.close();

    for (let opening = 1; opening <= 2; opening += 1) {
      const reopened = await openSqliteStore({ file });
      const found = await reopened.texts?.find({ scope: '_', words: ['word'], limit: 10 });
      expect(found?.map(({ stream, item, number }) => [stream, item, number])).toEqual([
        ['_/conversation/c', 1, 1],
        ['_/conversation/b', 1, 1],
        ['_/conversation/a', 1, 1],
      ]);
      await reopened.close();
    }
  });
});

describe('the check of a database', () => {
  it('[F1] tells of a text that a search does not find', async () => {
    const file = join(temporaryDirectory(), 'weft.db');
    const store = await openSqliteStore({ file });
    for (const item of [1, 2]) {
      const text = { scope: '_', item, words: searchWords('some words') };
      await store.log.append([entry('a', 'x', { text })]);
    }
    await store.close();
    const problems = () => {
      const reader = openSqliteReader({ file });
      try {
        expect([...reader.texts('a').keys()].length).toBeGreaterThan(0);
        return reader.problems();
      } finally {
        reader.close();
      }
    };
    expect(problems()).toEqual([]);
    const db = new DatabaseSync(file);
    db.exec('DELETE FROM text_words WHERE rowid = 2');
    db.close();
    expect(problems()).toEqual(['a: a search does not find the text of 2']);
  });
});
