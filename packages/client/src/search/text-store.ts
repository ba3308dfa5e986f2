import { naturalSchema } from '@weft/protocol';
import * as v from 'valibot';
import type { FoundMessage, SegmentTexts, SegmentWords } from './segment-texts.ts';

/** What was made of a segment, and of which version of it. */
export interface KeptWords extends SegmentWords {
  readonly version: string;
}

/**
 * Plain text beside the segments, so that no search has to read these. All of it can be made again: what cannot be kept or
 * read is no error.
 */
export interface TextStore {
  /** By the segment's address. */
  words(): Promise<ReadonlyMap<string, KeptWords>>;
  messages(address: string): Promise<readonly FoundMessage[] | undefined>;
  put(address: string, version: string, texts: SegmentTexts): void;
  remove(address: string): void;
  close(): void;
}

/** For devices that keep no more than the process does. */
export function memoryTexts(): TextStore {
  const kept = new Map<string, { words: KeptWords; messages: readonly FoundMessage[] }>();
  return {
    words: async () => new Map([...kept].map(([address, { words }]) => [address, words])),
    messages: async (address) => kept.get(address)?.messages,
    put: (address, version, { words, messages }) => {
      kept.set(address, { words: { ...words, version }, messages });
    },
    remove: (address) => void kept.delete(address),
    close: () => kept.clear(),
  };
}

const WORDS = 'words';
const MESSAGES = 'messages';

/** Raised with each change of what words are, or of how they are kept: what was made before is made again. */
const LAYOUT = 1;

const wordsSchema = v.object({
  layout: v.literal(LAYOUT),
  version: v.string(),
  words: v.string(),
  starts: v.instance(Uint32Array),
  sequences: v.instance(Uint32Array),
  times: v.instance(Float64Array),
});

const messagesSchema = v.array(
  v.object({
    id: v.string(),
    sequence: naturalSchema,
    author: v.string(),
    name: v.string(),
    at: v.number(),
    text: v.string(),
  }),
);

/** A database of its own: it may be deleted at any time, and its transactions hold up nobody who types. */
export function indexedDbTexts(name: string, factory: IDBFactory = indexedDB): TextStore {
  let opening: Promise<IDBDatabase | undefined> | undefined;
  let closed = false;
  const open = () => (opening ??= closed ? Promise.resolve(undefined) : openTexts(factory, name));
  const reading = async <T>(
    store: string,
    read: (objects: IDBObjectStore) => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      const database = await open();
      return database && (await read(database.transaction(store).objectStore(store)));
    } catch {
      // Closed by the browser, damaged, or of a kind that this version does not know: made again.
      opening = undefined;
      return undefined;
    }
  };
  const writing = (write: (words: IDBObjectStore, messages: IDBObjectStore) => void): void => {
    open()
      .then((database) => {
        if (database === undefined) return;
        const tx = database.transaction([WORDS, MESSAGES], 'readwrite', { durability: 'relaxed' });
        write(tx.objectStore(WORDS), tx.objectStore(MESSAGES));
      })
      // It stays in memory, and is made again next time.
      .catch(() => undefined);
  };
  return {
    words: async () => {
      const kept = new Map<string, KeptWords>();
      const found = await reading(WORDS, (objects) =>
        Promise.all([done(objects.getAllKeys()), done<unknown[]>(objects.getAll())]),
      );
      const [keys = [], values = []] = found ?? [];
      for (const [at, key] of keys.entries()) {
        const parsed = v.safeParse(wordsSchema, values[at]);
        if (typeof key === 'string' && parsed.success) kept.set(key, parsed.output);
      }
      return kept;
    },
    messages: async (address) => {
      const json = await reading(MESSAGES, (objects) => done<unknown>(objects.get(address)));
      if (typeof json !== 'string') return undefined;
      const parsed = v.safeParse(messagesSchema, JSON.parse(json));
      return parsed.success ? parsed.output : undefined;
    },
    put: (address, version, { words, messages }) =>
      writing((kept, said) => {
        kept.put({ ...words, version, layout: LAYOUT }, address);
        said.put(JSON.stringify(messages), address);
      }),
    remove: (address) =>
      writing((kept, said) => {
        kept.delete(address);
        said.delete(address);
      }),
    close: () => {
      closed = true;
      void opening?.then((database) => database?.close());
      opening = undefined;
    },
  };
}

/** Resolves with nothing where there is no such database to be had. */
function openTexts(factory: IDBFactory, name: string): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    try {
      const request = factory.open(name, LAYOUT);
      request.onupgradeneeded = () => {
        const { result: database } = request;
        for (const store of database.objectStoreNames) database.deleteObjectStore(store);
        for (const store of [WORDS, MESSAGES]) database.createObjectStore(store);
      };
      request.onsuccess = () => {
        const { result: database } = request;
        // Whoever wants the room may have it.
        database.onversionchange = () => database.close();
        resolve(database);
      };
      request.onerror = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('It cannot be read.'));
  });
}

/** The database of what is searched, beside a device's own. @param device name of that */
export function textsName(device: string): string {
  return `${device}:search`;
}
