import {
  type Address,
  type DirectoryEntry,
  ID_PATTERN,
  WeftError,
  addToDirectory,
  archiveInDirectory,
  moveInDirectory,
  observeDirectory,
  readDirectory,
  renameInDirectory,
} from '@weft/protocol';
import type {
  ConnectionStatus,
  DocumentHandle,
  Observable,
  WorkspaceHandle,
  WorkspacePresence,
} from './api.ts';
import type { Documents } from './documents.ts';
import { derived, following, readOnly } from './observable.ts';
import { whileFitting } from './while-fitting.ts';

/** What holders get: the public faces of documents and workspaces, one per call. */

/** @throws WeftError `name-invalid` */
export function checkId(id: string): void {
  if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid', `It is ${JSON.stringify(id)}.`);
}

export function documentHandle(
  documents: Documents,
  address: Address,
  connection: Observable<ConnectionStatus>,
): DocumentHandle {
  const opened = documents.acquire(address);
  const { document, copy } = opened;
  let open = true;
  return {
    id: address.id,
    get doc() {
      return document.get().doc;
    },
    get awareness() {
      const { awareness } = document.get();
      if (awareness === undefined)
        throw new WeftError('internal', 'This kind of document has no presence.');
      return awareness;
    },
    get loaded() {
      return document.get().loaded;
    },
    get synced() {
      return document.get().synced;
    },
    copy: readOnly(copy),
    phase: following(document, ({ phase }) => phase),
    status: following(document, ({ status }) => status),
    access: whileFitting(
      following(document, ({ access }) => access),
      connection,
    ),
    close: () => {
      if (!open) return;
      open = false;
      documents.release(opened);
    },
  };
}

export function workspaceHandle(
  documents: Documents,
  id: string,
  connection: Observable<ConnectionStatus>,
  newId: () => string,
  presence: Observable<WorkspacePresence>,
): WorkspaceHandle {
  const handle = documentHandle(documents, { kind: 'workspace', id }, connection);
  const entries = derived<readonly DirectoryEntry[]>(() => readDirectory(handle.doc), sameEntries);
  let stop = observeDirectory(handle.doc, () => entries.notify());
  const leave = handle.copy.subscribe(() => {
    stop();
    stop = observeDirectory(handle.doc, () => entries.notify());
    entries.notify();
  });
  return {
    id: handle.id,
    // Asked for each time: there may be another copy.
    get doc() {
      return handle.doc;
    },
    get awareness() {
      return handle.awareness;
    },
    get loaded() {
      return handle.loaded;
    },
    get synced() {
      return handle.synced;
    },
    copy: handle.copy,
    phase: handle.phase,
    status: handle.status,
    access: handle.access,
    entries: readOnly(entries),
    presence: readOnly(presence),
    create: (kind, title) => {
      const entry = newId();
      addToDirectory(handle.doc, { id: entry, kind, title });
      return entry;
    },
    rename: (entry, title) => renameInDirectory(handle.doc, entry, title),
    archive: (entry) => archiveInDirectory(handle.doc, entry, true),
    restore: (entry) => archiveInDirectory(handle.doc, entry, false),
    move: (entry, before) => moveInDirectory(handle.doc, entry, before),
    close: () => {
      leave();
      stop();
      handle.close();
    },
  };
}

function sameEntries(a: readonly DirectoryEntry[], b: readonly DirectoryEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => {
      const other = b[index];
      return (
        entry.id === other?.id &&
        entry.kind === other.kind &&
        entry.title === other.title &&
        entry.order === other.order &&
        entry.archived === other.archived
      );
    })
  );
}
