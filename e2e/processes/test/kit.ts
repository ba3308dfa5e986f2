import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentHandle } from '@weft/client';
import { type ServerProcess, startServerProcess } from '@weft/testkit';
import { onTestFinished } from 'vitest';
import { SERVER_ENTRY, createPerson } from '../src/people.ts';
import { seeded } from '../src/random.ts';
import { until } from '../src/until.ts';

/** A directory of this test's own, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-processes-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A server of this test's own; whatever becomes of the test, its process ends. */
export async function startServer(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const server = await startServerProcess({ entry: SERVER_ENTRY, dataDir, env });
  endWithTest(server);
  return server;
}

/** Ends a server's process with the test. */
export function endWithTest(server: ServerProcess): void {
  onTestFinished(async () => {
    await server.kill('SIGKILL');
  });
}

/** A document's text. */
export const textOf = (handle: DocumentHandle): string => handle.doc.getText('content').toJSON();

/** Adds to the end of a document. */
export function type(handle: DocumentHandle, text: string): void {
  const content = handle.doc.getText('content');
  content.insert(content.length, text);
}

/** Resolves when a document's text is accepted. */
export function reads(handle: DocumentHandle, accepts: (text: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    const check = () => {
      const text = textOf(handle);
      if (!accepts(text)) return;
      handle.doc.off('update', check);
      resolve(text);
    };
    handle.doc.on('update', check);
    check();
  });
}

/** A server whose disk fails while a file says how. */
export async function startFailing(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const fault = join(temporaryDirectory(), 'fault');
  const inject = new URL('../src/failing-disk.mjs', import.meta.url).href;
  const server = await startServer(dataDir, {
    NODE_OPTIONS: `--import=${inject}`,
    WEFT_TEST_FAULT: fault,
    ...env,
  });
  return {
    server,
    fail: (how: 'commit' | 'after-commit' | 'slow' | 'hang') => writeFileSync(fault, how),
    heal: () => rmSync(fault, { force: true }),
  };
}

/** Two people who both have one document and one conversation open. */
export async function twoPeople(url: string) {
  const random = seeded(7);
  const people = [];
  for (const name of ['Ann', 'Bea']) {
    const person = await createPerson({ url, name, random });
    onTestFinished(() => person.close());
    const document = person.weft.document('spec');
    const room = person.weft.conversation('general');
    await document.synced;
    await until(room.phase, (phase) => phase === 'synced');
    people.push({ person, document, room });
  }
  const [ann, bea] = people;
  if (ann === undefined || bea === undefined) throw new Error('Two people are needed.');
  return { ann, bea };
}

export type People = Awaited<ReturnType<typeof twoPeople>>;

/**
 * Resolves when the server has read what a person typed, whether or not its disk answers: their presence, sent behind
 * it on the same socket, has arrived elsewhere.
 */
export function readByServer(from: People['ann'], elsewhere: People['ann']): Promise<void> {
  const mark = `read up to ${from.document.doc.getText('content').length}`;
  from.document.awareness.setLocalStateField('mark', mark);
  const { awareness } = elsewhere.document;
  return new Promise((resolve) => {
    const check = () => {
      if (![...awareness.getStates().values()].some((state) => state['mark'] === mark)) return;
      awareness.off('change', check);
      resolve();
    };
    awareness.on('change', check);
    check();
  });
}
