import { WeftError } from '@weft/protocol';
import * as Y from 'yjs';
import type { DeviceStore } from '../device.ts';
import { failure } from './database.ts';
import { quietDocument, tryApply } from '../quiet-document.ts';
import { readYIndexeddb } from './read-y-indexeddb.ts';

export interface YIndexeddbImportOptions {
  /** Where the updates go: the device store of the person who owns the work. */
  readonly store: DeviceStore;
  /** Address of the document that takes them in: `document/<id>`. */
  readonly document: string;
  /** Default: the browser's. */
  readonly factory?: IDBFactory;
}

/** What became of a database of y-indexeddb. */
export type YIndexeddbImport =
  /** There is no database of this name. None was made by asking. */
  | { readonly outcome: 'missing' }
  /** It holds nothing that the device lacks: it is empty, or was imported before. Nothing was written. */
  | { readonly outcome: 'nothing-new'; readonly lost: LostWork }
  /** What the device lacked is kept as one local change, to be stored by the server. */
  | { readonly outcome: 'imported'; readonly bytes: number; readonly lost: LostWork };

/** What could not be taken over. The source still has it. */
export interface LostWork {
  /** Records that are damaged. */
  readonly records: number;
  /** Whether readable work was left out because it builds on what is in no readable record. */
  readonly dependents: boolean;
}

/**
 * Takes over a document that the package y-indexeddb kept under a name: what the device lacks of it becomes one local
 * change that waits for the server, so that the owner's next connection uploads it. The source is only read, and may
 * be imported again: what is here already is not kept twice. Call it before a client on the same store opens the
 * document, since an open one does not look at its records again.
 *
 * Damaged records are left out and told of, with what depends on them: the server refuses work with a gap, and one
 * such record would keep the whole document from ever reading *stored*.
 * @throws WeftError `request-invalid` when the database is not one of y-indexeddb; `device-failed` when it cannot be
 * read, when none of its records can, or when the device store fails. Nothing was written then.
 */
export async function importFromYIndexeddb(
  name: string,
  options: YIndexeddbImportOptions,
): Promise<YIndexeddbImport> {
  const { store, document } = options;
  const found = await readYIndexeddb(options.factory ?? indexedDB, name);
  if (found === undefined) return { outcome: 'missing' };
  const source = combine(found);
  if (source.damaged > 0 && source.damaged === found.length) {
    throw new WeftError('device-failed', `No record of the database ${name} can be read.`);
  }
  const lost: LostWork = { records: source.damaged, dependents: source.dependents };
  const held = await store.load(document);
  const fresh = whatLacks(held.updates, source.update);
  if (fresh === undefined) return { outcome: 'nothing-new', lost };
  await store.append({ document, bytes: fresh, origin: 'local' });
  return { outcome: 'imported', bytes: fresh.byteLength, lost };
}

interface Combined {
  readonly update: Uint8Array;
  readonly damaged: number;
  readonly dependents: boolean;
}

/** One update of all that can be read, without what would have to wait for something that cannot. */
function combine(records: readonly unknown[]): Combined {
  const doc = quietDocument();
  let damaged = 0;
  doc.transact(() => {
    for (const record of records) if (!tryApply(doc, record)) damaged += 1;
  });
  const { store } = doc;
  const dependents = store.pendingStructs !== null || store.pendingDs !== null;
  store.pendingStructs = null;
  store.pendingDs = null;
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return { update, damaged, dependents };
}

/** What an update has and others have not; `undefined` when that is nothing. */
function whatLacks(held: readonly Uint8Array[], update: Uint8Array): Uint8Array | undefined {
  const doc = quietDocument();
  doc.transact(() => {
    // A damaged record of the device is the client's to tell of; here it only means that more is taken over.
    for (const bytes of held) tryApply(doc, bytes);
  });
  const fresh: Uint8Array[] = [];
  doc.on('update', (bytes: Uint8Array) => fresh.push(bytes));
  try {
    Y.applyUpdate(doc, update);
  } catch (error) {
    throw failure(error);
  }
  doc.destroy();
  return fresh.length === 0 ? undefined : Y.mergeUpdates(fresh);
}
