import {
  type Action,
  FILES_MAX,
  type MessageBody,
  WeftError,
  actionSchema,
  conversationKind,
  judgeBody,
  quoteOf,
  threadId,
} from '@weft/protocol';
import * as v from 'valibot';
import type { ConnectionStatus, ConversationHandle, NewFile, Observable } from './api.ts';
import type { Conversation } from './conversation.ts';
import type { DirectList } from './directs.ts';
import { readOnly } from './observable.ts';
import type { Files } from './files.ts';
import type { OutboxRunner } from './outbox-runner.ts';
import { whileFitting } from './while-fitting.ts';

type SendAction = Extract<Action, { type: 'send' }>;

/** The public face of a conversation, one per call. */
export function conversationHandle(
  conversation: Conversation,
  outbox: OutboxRunner,
  files: Files,
  directs: DirectList,
  connection: Observable<ConnectionStatus>,
  newId: () => string,
  release: () => void,
): ConversationHandle {
  let open = true;
  const holds = new Set<() => void>();
  const run = async (action: Action): Promise<string> => {
    check(action);
    return outbox.enqueue(conversation.id, action);
  };
  /** A first message of a direct conversation comes behind what says between whom it is, in the same turn. */
  const begin = (): Promise<unknown> => {
    const { id, membership } = conversation;
    if (!membership.empty) return membership.beginning ?? Promise.resolve();
    const person = directs.personOf(id);
    if (person === undefined) throw new WeftError('not-begun');
    directs.begin(id);
    return membership.begin(outbox.enqueue(id, { type: 'join', with: person }));
  };
  const say = async (action: SendAction): Promise<string> => {
    if (conversationKind(conversation.id).kind !== 'direct') return run(action);
    check(action);
    await Promise.all([conversation.membership.loaded, directs.loaded]);
    const begun = begin();
    const sent = run(action);
    await begun;
    return sent;
  };
  /** Keeps files on the device, and then the message that names them. */
  const prepare = async (
    body: MessageBody,
    added: readonly NewFile[],
    before: Promise<void> | undefined,
    queue: (body: MessageBody) => Promise<string>,
  ): Promise<string> => {
    // Before anything is kept: what is refused would leave its files behind.
    if (added.length > 0) checkCarrying(body, added.length);
    const kept = added.length === 0 ? undefined : files.keep(added);
    // Told below: it may fail while what was sent before is still being kept.
    kept?.catch(() => undefined);
    await before;
    if (kept === undefined) return queue(body);
    const { files: named, secure } = await kept;
    const id = await queue({ ...body, files: [...(body.files ?? []), ...named] });
    await secure();
    return id;
  };
  return {
    id: conversation.id,
    timeline: readOnly(conversation.timeline),
    history: readOnly(conversation.history),
    hold: (first, last) => {
      const leave = conversation.hold(first, last);
      holds.add(leave);
      return () => {
        holds.delete(leave);
        leave();
      };
    },
    sequenceAt: (at) => conversation.sequenceAt(at),
    keeping: readOnly(conversation.keeper.keeping),
    keep: (wish) => conversation.keeper.keep(wish),
    takes: () => conversation.takes(),
    phase: readOnly(conversation.phase),
    access: whileFitting(conversation.access, connection),
    loaded: conversation.loaded,
    typing: readOnly(conversation.typists),
    setTyping: (types) => conversation.type(types),
    send: async (body, options) => {
      conversation.type(false);
      const sequence =
        options?.reply === undefined ? undefined : conversation.sequenceOf(options.reply);
      const action = (full: MessageBody): SendAction => ({
        type: 'send',
        body: full,
        ...(sequence === undefined ? {} : { reply: sequence }),
      });
      const { files: added = [] } = options ?? {};
      if (added.length === 0 && conversation.preparing === undefined) {
        return say(action(toBody(body)));
      }
      // What was sent before it, and is still being kept, is queued before it (law C5).
      const before = conversation.preparing;
      const sent = outbox.during(prepare(toBody(body), added, before, (full) => say(action(full))));
      const prepared = sent.then(
        () => undefined,
        () => undefined,
      );
      conversation.preparing = prepared;
      void prepared.then(() => {
        if (conversation.preparing === prepared) conversation.preparing = undefined;
      });
      return sent;
    },
    uploads: readOnly(files.progress),
    openFile: (hash) => files.open(hash),
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
    members: readOnly(conversation.membership.view),
    threads: readOnly(conversation.threads),
    startThread: async (body, { quote = '' } = {}) => {
      const anchor = newId();
      const id = threadId(conversation.id, anchor);
      if (id === undefined) throw new WeftError('name-invalid');
      const listed: Action = { type: 'thread', anchor, quote: quoteOf(quote) };
      const said: Action = { type: 'send', body: toBody(body) };
      check(listed);
      check(said);
      await Promise.all([outbox.enqueue(conversation.id, listed), outbox.enqueue(id, said)]);
      return { anchor, conversation: id };
    },
    resolveThread: (anchor) => run({ type: 'resolve', anchor }),
    reopenThread: (anchor) => run({ type: 'reopen', anchor }),
    join: () => run({ type: 'join' }),
    leave: () => run({ type: 'leave' }),
    receipts: readOnly(conversation.reading.receipts),
    unread: readOnly(conversation.reading.unread),
    markRead: (id) => conversation.markRead(id),
    close: () => {
      if (!open) return;
      open = false;
      for (const leave of holds) leave();
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
  if (!v.safeParse(actionSchema, action).success) throw new WeftError('request-invalid');
  const refusal = 'body' in action ? judgeBody(action.body) : undefined;
  if (refusal !== undefined) throw new WeftError(refusal);
}

/** @throws WeftError when a message cannot carry so many files more, whatever they are */
function checkCarrying(body: MessageBody, more: number): void {
  const refusal = judgeBody(body);
  if (refusal !== undefined && refusal !== 'message-empty') throw new WeftError(refusal);
  if ((body.files ?? []).length + more > FILES_MAX) throw new WeftError('too-many-files');
}
