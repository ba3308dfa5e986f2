import {
  type Action,
  type Address,
  type DirectoryEntry,
  ID_PATTERN,
  type MessageBody,
  WeftError,
  actionSchema,
  addToDirectory,
  judgeBody,
  observeDirectory,
  readDirectory,
  renameInDirectory,
} from '@weft/protocol';
import type { ConversationHandle, DocumentHandle, WorkspaceHandle } from './api.ts';
import type { Conversation } from './conversation.ts';
import type { Documents } from './documents.ts';
import { derived, following, readOnly } from './observable.ts';
import type { OutboxRunner } from './outbox-runner.ts';

/** What holders get: the public faces of documents and conversations, one per call. */

/** @throws WeftError `name-invalid` */
export function checkId(id: string): void {
  if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid', `It is ${JSON.stringify(id)}.`);
}

export function documentHandle(documents: Documents, address: Address): DocumentHandle {
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
    access: following(document, ({ access }) => access),
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
  newId: () => string,
): WorkspaceHandle {
  const handle = documentHandle(documents, { kind: 'workspace', id });
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
    create: (kind, title) => {
      const entry = newId();
      addToDirectory(handle.doc, { id: entry, kind, title });
      return entry;
    },
    rename: (entry, title) => renameInDirectory(handle.doc, entry, title),
    close: () => {
      leave();
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
  const run = async (action: Action): Promise<string> => {
    check(action);
    return outbox.enqueue(conversation.id, action);
  };
  return {
    id: conversation.id,
    timeline: readOnly(conversation.timeline),
    phase: readOnly(conversation.phase),
    access: readOnly(conversation.access),
    loaded: conversation.loaded,
    send: async (body, options) => {
      const sequence =
        options?.reply === undefined ? undefined : conversation.sequenceOf(options.reply);
      return run({
        type: 'send',
        body: toBody(body),
        ...(sequence === undefined ? {} : { reply: sequence }),
      });
    },
    edit: async (id, body) => {
      const sequence = conversation.sequenceOf(id);
      return run({ type: 'edit', sequence, body: toBody(body) });
    },
    delete: async (id) => run({ type: 'delete', sequence: conversation.sequenceOf(id) }),
    react: async (id, emoji) =>
      run({ type: 'react', sequence: conversation.sequenceOf(id), emoji }),
    unreact: async (id, emoji) =>
      run({ type: 'unreact', sequence: conversation.sequenceOf(id), emoji }),
    pin: async (id) => run({ type: 'pin', sequence: conversation.sequenceOf(id) }),
    unpin: async (id) => run({ type: 'unpin', sequence: conversation.sequenceOf(id) }),
    retry: async (id, body) => {
      if (body === undefined) return outbox.retry(id);
      const full = toBody(body);
      check({ type: 'send', body: full });
      const failed = outbox.entriesOf(conversation.id).find(({ command }) => command.id === id);
      const action = failed?.command.action;
      if (action?.type !== 'send' && action?.type !== 'edit') throw new WeftError('not-found');
      return outbox.retry(id, { ...action, body: full });
    },
    dismiss: (id) => outbox.dismiss(id),
    receipts: readOnly(conversation.reading.receipts),
    unread: readOnly(conversation.reading.unread),
    markRead: (id) => conversation.markRead(id),
    close: () => {
      if (!open) return;
      open = false;
      release();
    },
  };
}

function toBody(body: MessageBody | string): MessageBody {
  if (typeof body !== 'string') return body;
  return { version: 1, text: body.replaceAll(/\r\n?/g, '\n') };
}

/** What the server would refuse for ever is not queued at all. @throws WeftError */
function check(action: Action): void {
  if (!actionSchema.safeParse(action).success) throw new WeftError('request-invalid');
  const refusal = 'body' in action ? judgeBody(action.body) : undefined;
  if (refusal !== undefined) throw new WeftError(refusal);
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
