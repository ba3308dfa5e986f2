import {
  type Address,
  type DirectoryEntry,
  ID_PATTERN,
  WeftError,
  addToDirectory,
  judgeBody,
  observeDirectory,
  readDirectory,
  renameInDirectory,
} from '@weft/protocol';
import type { ConversationHandle, DocumentHandle, WorkspaceHandle } from './api.ts';
import type { Conversation } from './conversation.ts';
import type { Documents } from './documents.ts';
import { derived, readOnly } from './observable.ts';
import type { OutboxRunner } from './outbox-runner.ts';

/** What holders get: the public faces of documents and conversations, one per call. */

/** @throws WeftError `name-invalid` */
export function checkId(id: string): void {
  if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid', `It is ${JSON.stringify(id)}.`);
}

export function documentHandle(documents: Documents, address: Address): DocumentHandle {
  const document = documents.acquire(address);
  const { awareness } = document;
  if (awareness === undefined)
    throw new WeftError('internal', 'This kind of document has no presence.');
  let open = true;
  return {
    id: address.id,
    doc: document.doc,
    awareness,
    loaded: document.loaded,
    synced: document.synced,
    phase: readOnly(document.phase),
    status: readOnly(document.status),
    access: readOnly(document.access),
    close: () => {
      if (!open) return;
      open = false;
      documents.release(document);
    },
  };
}

export function workspaceHandle(
  documents: Documents,
  id: string,
  newId: () => string,
): WorkspaceHandle {
  const handle = documentHandle(documents, { kind: 'workspace', id });
  const { doc } = handle;
  const entries = derived<readonly DirectoryEntry[]>(() => readDirectory(doc), sameEntries);
  const stop = observeDirectory(doc, () => entries.notify());
  return {
    ...handle,
    entries: readOnly(entries),
    create: (kind, title) => {
      const entry = newId();
      addToDirectory(doc, { id: entry, kind, title });
      return entry;
    },
    rename: (entry, title) => renameInDirectory(doc, entry, title),
    close: () => {
      stop();
      handle.close();
    },
  };
}

export function conversationHandle(
  conversation: Conversation,
  outbox: OutboxRunner,
  release: () => void,
): ConversationHandle {
  let open = true;
  return {
    id: conversation.id,
    timeline: readOnly(conversation.timeline),
    phase: readOnly(conversation.phase),
    access: readOnly(conversation.access),
    loaded: conversation.loaded,
    send: async (body) => {
      const full = typeof body === 'string' ? ({ version: 1, text: body } as const) : body;
      // What the server would refuse for ever is not queued at all.
      const refusal = judgeBody(full);
      if (refusal !== undefined) throw new WeftError(refusal);
      return outbox.enqueue(conversation.id, full);
    },
    retry: (id) => outbox.retry(id),
    dismiss: (id) => outbox.dismiss(id),
    close: () => {
      if (!open) return;
      open = false;
      release();
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
        entry.order === other.order
      );
    })
  );
}
