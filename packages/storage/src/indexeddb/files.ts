import { WeftError } from '@weft/protocol';
import * as v from 'valibot';
import type { DeviceFiles } from '../device-files.ts';

/** Hash → {content, at}. */
const STORE = 'files';
const VERSION = 1;

const keptSchema = v.object({ content: v.instance(Blob), at: v.number() });

/**
 * Files in a database of their own: that of documents and messages is opened at every start, and by other versions of
 * the app too, and most people never wait with a file.
 * @param options `name`: one per server, tenant and person
 */
export function openIndexedDbFiles(options: { readonly name: string }): DeviceFiles {
  let opening: Promise<IDBDatabase> | undefined;
  let closed = false;
  const database = (): Promise<IDBDatabase> => {
    if (closed) return Promise.reject(new WeftError('device-failed', 'This store is closed.'));
    opening ??= open(options.name, () => {
      opening = undefined;
    });
    // One that could not be opened is tried again by the next call.
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };
  const run = async <T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const opened = await database();
    return new Promise((resolve, reject) => {
      try {
        const tx = opened.transaction(STORE, mode, { durability: 'strict' });
        const request = ask(tx.objectStore(STORE));
        // Written is what is committed, not what was asked for.
        tx.oncomplete = () => resolve(request.result);
        tx.onabort = () => reject(failure(tx.error));
        tx.commit();
      } catch (error) {
        reject(failure(error));
      }
    });
  };
  return {
    put: async (hash, content, at) => {
      await run('readwrite', (store) => store.put({ content, at }, hash));
    },
    get: async (hash) => {
      const kept = v.safeParse(keptSchema, await run('readonly', (store) => store.get(hash)));
      return kept.success ? kept.output.content : undefined;
    },
    remove: async (hash) => {
      await run('readwrite', (store) => store.delete(hash));
    },
    list: async () => {
      const keys = await run('readonly', (store) => store.getAllKeys());
      const hashes = keys.filter((key) => typeof key === 'string');
      const kept = await Promise.all(
        hashes.map(async (hash) => ({
          hash,
          value: v.safeParse(keptSchema, await run('readonly', (store) => store.get(hash))),
        })),
      );
      return kept.map(({ hash, value }) => ({ hash, at: value.success ? value.output.at : 0 }));
    },
    close: async () => {
      closed = true;
      const opened = await opening?.catch(() => undefined);
      opened?.close();
    },
  };
}

function open(name: string, gone: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    try {
      const request = indexedDB.open(name, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE);
      };
      request.onsuccess = () => {
        const { result } = request;
        // Another tab deletes or upgrades it, or the browser closed it: the next call opens it again.
        result.onversionchange = () => {
          result.close();
          gone();
        };
        result.onclose = gone;
        resolve(result);
      };
      request.onerror = () => reject(failure(request.error));
      request.onblocked = () => reject(new WeftError('device-failed', 'Another tab holds it.'));
    } catch (error) {
      reject(failure(error));
    }
  });
}

function failure(cause: unknown): WeftError {
  const detail = cause instanceof Error ? cause.message : undefined;
  return new WeftError('device-failed', detail, { cause });
}
