import { WeftError } from '@weft/protocol';
import { failure, result } from './database.ts';

/** Where y-indexeddb 9 keeps a document's updates. */
const UPDATES = 'updates';

/**
 * All records of a database of y-indexeddb in the order they were written, as they lie there; `undefined` when there
 * is no such database. Changes nothing.
 * @throws WeftError `request-invalid` when it is another kind of database, `device-failed` when it cannot be read
 */
export async function readYIndexeddb(
  factory: IDBFactory,
  name: string,
): Promise<readonly unknown[] | undefined> {
  const database = await openExisting(factory, name);
  if (database === undefined) return undefined;
  try {
    if (!database.objectStoreNames.contains(UPDATES)) {
      throw new WeftError('request-invalid', `The database ${name} is not one of y-indexeddb.`);
    }
    return await result<unknown[]>(
      database.transaction(UPDATES, 'readonly').objectStore(UPDATES).getAll(),
    );
  } catch (error) {
    throw failure(error);
  } finally {
    database.close();
  }
}

/** Opens a database at the version it has. One that is not there is not made: its making is aborted. */
function openExisting(factory: IDBFactory, name: string): Promise<IDBDatabase | undefined> {
  return new Promise((resolve, reject) => {
    let missing = false;
    let request: IDBOpenDBRequest;
    try {
      request = factory.open(name);
    } catch (cause) {
      // Where storage is forbidden, some browsers throw here instead of firing an error.
      reject(failure(cause));
      return;
    }
    request.onupgradeneeded = () => {
      missing = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => {
      const database = request.result;
      // The old app deletes or upgrades its database: it must not wait for us.
      database.onversionchange = () => database.close();
      resolve(database);
    };
    request.onerror = () => {
      if (missing) resolve(undefined);
      else reject(failure(request.error));
    };
  });
}
