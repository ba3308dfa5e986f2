import type { Page } from '@playwright/test';
import * as v from 'valibot';
import * as Y from 'yjs';
import { type Probe, makeProbe } from '../probe.ts';
import { type Content, contentSchema } from '../replica.ts';
import type { DeviceSource } from './app.ts';

/** A document as a device keeps it. */
export interface KeptDocument {
  readonly name: string;
  readonly content: Content;
  readonly clocks: ReadonlyMap<string, number>;
  /** Updates that could not be read. */
  readonly damaged: number;
}

const recordsSchema = v.array(v.object({ group: v.string(), base64: v.string() }));

/** Everything that a page's device keeps, read from the database itself and put together by a Yjs of ours. */
export async function keptDocuments(
  page: Page,
  { database, store }: DeviceSource,
): Promise<readonly KeptDocument[]> {
  const records = v.parse(
    recordsSchema,
    await page.evaluate(readRecords, { source: database.source, store }),
  );
  const probe = makeProbe();
  return [...Map.groupBy(records, ({ group }) => group)].map(([name, own]) =>
    keptDocument(
      probe,
      name,
      own.map(({ base64 }) => Buffer.from(base64, 'base64')),
    ),
  );
}

function keptDocument(probe: Probe, name: string, updates: readonly Uint8Array[]): KeptDocument {
  const doc = new Y.Doc();
  let damaged = 0;
  doc.transact(() => {
    for (const update of updates) {
      try {
        Y.applyUpdate(doc, update);
      } catch {
        damaged += 1;
      }
    }
  });
  const content = v.parse(contentSchema, probe.contentOf(doc));
  const clocks = new Map(
    [...Y.decodeStateVector(Y.encodeStateVector(doc))].map(([client, clock]) => [
      String(client),
      clock,
    ]),
  );
  doc.destroy();
  return { name, content, clocks, damaged };
}

/** The document of a device that a replica is: the one that has most of its writers. */
export function keptReplica(
  kept: readonly KeptDocument[],
  clocks: Readonly<Record<string, number>>,
): KeptDocument | undefined {
  const shared = ({ clocks: own }: KeptDocument) =>
    Object.keys(clocks).filter((client) => own.has(client)).length;
  return kept
    .filter((document) => shared(document) > 0)
    .toSorted((one, other) => shared(other) - shared(one))[0];
}

/** Runs in the page. */
async function readRecords(options: {
  source: string;
  store: string;
}): Promise<{ group: string; base64: string }[]> {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('It failed.')));
    });
  const found: { group: string; base64: string }[] = [];
  const names = (await indexedDB.databases())
    .map(({ name }) => name ?? '')
    .filter((name) => new RegExp(options.source).test(name));
  for (const name of names) {
    const database = await done(indexedDB.open(name));
    try {
      if (!database.objectStoreNames.contains(options.store)) continue;
      const store = database.transaction(options.store).objectStore(options.store);
      const values: readonly unknown[] = await done(store.getAll());
      for (const value of values) {
        const field = (key: string): unknown =>
          typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
        const bytes = value instanceof Uint8Array ? value : field('bytes');
        if (!(bytes instanceof Uint8Array)) continue;
        const document = field('document');
        let text = '';
        for (const byte of bytes) text += String.fromCodePoint(byte);
        found.push({ group: typeof document === 'string' ? document : name, base64: btoa(text) });
      }
    } finally {
      database.close();
    }
  }
  return found;
}
