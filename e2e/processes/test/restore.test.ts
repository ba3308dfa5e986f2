import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { contentHash } from '@weft/protocol';
import { checkContents } from '@weft/server';
import { ADOPTED } from '@weft/storage';
import { openSqliteReader } from '@weft/storage/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Person, createPerson } from '../src/people.ts';
import { seeded } from '../src/random.ts';
import { until } from '../src/until.ts';
import { endWithTest, reads, startServer, temporaryDirectory, textOf, type } from './kit.ts';

const WEFT = new URL('../../../apps/server/src/weft.ts', import.meta.url).pathname;
const STREAM = '_/document/spec';

/** Runs the `weft` command as an operator does. Rejects with what it wrote unless it ends with 0. */
function weft(dataDir: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [WEFT, ...args], {
    env: { PATH: process.env['PATH'], WEFT_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: unknown) => {
      output += String(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`weft ${args.join(' ')} ended with ${code}\n${output}`));
    });
  });
}

/**
 * Ann and Bea type, a back-up is made, they type more, all of it stored and seen by Cem, and the server is restored
 * from the back-up. Everybody is offline then.
 */
async function restored(...window: readonly string[]) {
  const dataDir = temporaryDirectory();
  const server = await startServer(dataDir);
  const random = seeded(11);
  const join_ = async (name: string) => {
    const person = await createPerson({ url: server.url, name, random });
    onTestFinished(() => person.close());
    const document = person.weft.document('spec');
    await document.synced;
    return { person, document };
  };
  const ann = await join_('Ann');
  const bea = await join_('Bea');
  const cem = await join_('Cem');
  const everybody = [ann, bea, cem];
  const bothType = async (word: string) => {
    for (const { person, document } of [ann, bea]) {
      type(document, `${person.name} ${word}. `);
      await until(document.status, ({ state }) => state === 'stored');
      for (const other of everybody)
        await reads(other.document, (text) => text === textOf(document));
    }
  };
  await bothType('before');
  const backup = join(dataDir, 'backup.db');
  await weft(dataDir, 'backup', backup);
  const kept = textOf(ann.document);
  await bothType('after');
  const whole = textOf(cem.document);
  for (const { person } of everybody) person.weft.disconnect();
  await server.kill();
  await weft(dataDir, 'restore', backup, ...window);
  const next = await server.restart();
  endWithTest(next);
  return { dataDir, server: next, ann, bea, cem, kept, whole, join: join_ };
}

/** Who brought back what, by the log; and that the log is sound. */
async function adopted(dataDir: string): Promise<readonly string[]> {
  const reader = openSqliteReader({ file: join(dataDir, 'weft.db') });
  try {
    expect(reader.problems()).toEqual([]);
    expect((await checkContents(reader.log, reader.streams, reader.texts)).problems).toEqual([]);
    const records = await reader.log.read(STREAM, 0, 1_000);
    return records.filter(({ kind }) => kind === ADOPTED).map(({ principal }) => principal);
  } finally {
    reader.close();
  }
}

interface Member {
  readonly person: Person;
  readonly document: ReturnType<Person['weft']['document']>;
}

/** Comes back, and has nothing left to send. */
async function comesBack({ person, document }: Member) {
  person.weft.connect();
  await until(person.weft.connection, ({ state }) => state === 'online');
  await until(document.status, ({ state }) => state === 'stored');
}

describe('restoring an older back-up', () => {
  it('[D2] [D7] in a recovery window whoever saw the text brings it back, on record, and nothing is doubled', async () => {
    const { dataDir, ann, bea, cem, whole, join } = await restored('--recovery-window', '30m');
    // Cem wrote nothing, and is the first to return.
    cem.person.weft.connect();
    const late = await join('Dora');
    await reads(late.document, (text) => text === whole);
    const subs = await adopted(dataDir);
    expect(subs.length).toBeGreaterThan(0);
    expect(new Set(subs).size).toBe(1);
    expect(await weft(dataDir, 'check')).toMatch(/adopted +[1-9]/);

    for (const member of [ann, bea]) await comesBack(member);
    expect(await adopted(dataDir)).toEqual(subs);
    // Their ids are still theirs: they go on typing under them.
    type(ann.document, 'Ann again. ');
    type(bea.document, 'Bea again. ');
    for (const { document } of [ann, bea, cem, late]) {
      await reads(document, (text) => text.includes('Ann again') && text.includes('Bea again'));
      expect(textOf(document).startsWith(whole)).toBe(true);
      await until(document.status, ({ state }) => state === 'stored');
    }
    expect(
      new Set([ann, bea, cem, late].map(({ document }) => contentHash(document.doc))).size,
    ).toBe(1);
    // What one wrote oneself is not on that record.
    expect(await adopted(dataDir)).toEqual(subs);
  }, 60_000);

  it('[D2] in a recovery window those who wrote it bring it back themselves, and nothing is adopted from the last', async () => {
    const { dataDir, ann, bea, cem, whole } = await restored('--recovery-window', '30m');
    // Ann brings what Bea wrote as well: that part is on record.
    await comesBack(ann);
    await comesBack(bea);
    const before = await adopted(dataDir);
    await comesBack(cem);
    expect(await adopted(dataDir)).toEqual(before);
    for (const { document } of [ann, bea, cem]) expect(textOf(document)).toBe(whole);
  }, 60_000);

  it('[D2] [D7] without a window what others wrote is refused, and what one wrote oneself returns', async () => {
    const { dataDir, ann, bea, cem, kept, join } = await restored();
    await comesBack(cem);
    const late = await join('Dora');
    expect(textOf(late.document)).toBe(kept);
    for (const member of [ann, bea]) {
      const own = `${member.person.name} after. `;
      await comesBack(member);
      await reads(late.document, (text) => text.includes(own));
    }
    const everything = textOf(late.document);
    for (const sentence of ['Ann before. ', 'Bea before. ', 'Ann after. ', 'Bea after. ']) {
      expect(everything.split(sentence)).toHaveLength(2);
    }
    for (const { document } of [ann, bea, cem]) {
      await reads(document, (text) => text === everything);
    }
    expect(await adopted(dataDir)).toEqual([]);
  }, 60_000);
});
