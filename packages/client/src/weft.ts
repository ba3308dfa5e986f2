import {
  type Ack,
  type ConversationHead,
  type Digest,
  type ErrorCode,
  type Receipts,
  type Refused,
  type Stored,
  WeftError,
  type Welcome,
  encodeWeft,
  parseAddress,
} from '@weft/protocol';
import type { DeviceHistory } from '@weft/storage';
import { monotonicFactory } from 'ulid';
import type { Weft, WeftOptions } from './api.ts';
import { Connection } from './connection.ts';
import { Conversation } from './conversation.ts';
import { deviceOf } from './device-name.ts';
import { Documents } from './documents.ts';
import { environmentOf } from './environment.ts';
import { checkId, conversationHandle, documentHandle, workspaceHandle } from './handles.ts';
import { derived, readOnly } from './observable.ts';
import { watchDevice } from './watch-device.ts';
import { OutboxRunner } from './outbox-runner.ts';
import { tellingOutbox } from './outbox-store.ts';
import { refusalList } from './refusals.ts';
import type { TabMessage } from './tab-message.ts';
import { Tabs } from './tabs.ts';

/** Name of the value that holds the device's own id. */
const DEVICE_KEY = 'device';

/**
 * Makes a client. It works at once from the device, and connects unless told otherwise.
 * @throws WeftError `request-invalid` when the address is none, or when a browser's store has no owner
 */
export function createWeft(options: WeftOptions): Weft {
  const url = toSocketUrl(options.url);
  const env = environmentOf(options.env);
  const { store, tabs: tabsName } = deviceOf(options, url);
  const tabs: Tabs = new Tabs({ env, name: tabsName, receive: (message) => hear(message) });
  const newUlid = monotonicFactory(() => env.random());
  const newId = () => newUlid(Math.max(0, Math.trunc(env.now())));

  const refusals = refusalList({
    store,
    now: () => env.now(),
    newId,
    changed: () => tabs.tell({ type: 'refusals' }),
  });

  let me = options.person?.sub;
  let device: Promise<string> | undefined;
  const ownDevice = () => (device ??= readDevice());
  const readDevice = async (): Promise<string> => {
    const fresh = newId();
    // A device that keeps nothing is a new one each time.
    return store.get(DEVICE_KEY).then(
      (known) => known ?? store.claim(DEVICE_KEY, fresh).catch(() => fresh),
      () => fresh,
    );
  };

  const conversations = new Map<string, { readonly conversation: Conversation; holders: number }>();
  const documents: Documents = new Documents({
    env,
    store,
    tabs: { tell: (message) => tabs.tell(message), leads: () => tabs.lead.get() },
    send: (frame) => connection.send(frame),
    failed: (document, code) => refusals.failed(document, code),
    refused: (document, work) => refusals.add(document, work),
    setAside: (entries) => refusals.found(entries),
    changed: () => pending.notify(),
  });
  const pending = derived(() => documents.countWaiting());
  const outbox = new OutboxRunner({
    env,
    store: tellingOutbox(store, () => tabs.tell({ type: 'outbox' })),
    device: ownDevice,
    newId,
    send: (command) => connection.send(encodeWeft(command)),
    changed: (id) => conversations.get(id)?.conversation.outboxChanged(),
    readOnly: (id) => conversations.get(id)?.conversation.readOnly(),
  });

  let history: Promise<DeviceHistory | undefined> | undefined;
  const admit = async (welcome: Welcome): Promise<ErrorCode | undefined> => {
    if (me !== undefined && welcome.sub !== me) return 'other-person';
    me = welcome.sub;
    const known = await (history ??= store.history().catch(() => undefined));
    const { serverId, epoch } = welcome;
    if (known?.serverId === serverId && known.epoch === epoch) return undefined;
    const next = { serverId, epoch };
    history = Promise.resolve(next);
    // Calls to the store take effect in order: what is read below is read under the new history. A device that
    // cannot keep it will be told again.
    store.setHistory(next).catch(() => undefined);
    if (known !== undefined) {
      documents.forget();
      for (const { conversation } of conversations.values()) conversation.reset();
    }
    return undefined;
  };

  const connection: Connection = new Connection({
    env,
    url: url.href,
    token: options.token,
    device: ownDevice,
    handlers: {
      admit,
      message: (message) => receive(message),
      frame: (address, reader) => documents.receive(address, reader),
      online: () => {
        documents.online();
        drain();
      },
      lost: () => {
        documents.lost();
        outbox.lost();
        for (const { conversation } of conversations.values()) conversation.lost();
      },
    },
  });

  const receive = (
    message: Stored | Refused | Ack | ConversationHead | Receipts | Digest,
  ): void => {
    switch (message.type) {
      case 'stored':
        documents.stored(message);
        break;
      case 'refused':
        documents.refused(message);
        break;
      case 'digest':
        documents.compare(message);
        break;
      case 'ack':
        outbox.ack(message);
        break;
      case 'event':
        conversations.get(message.conversation)?.conversation.head(message);
        break;
      case 'receipts':
        conversations.get(message.conversation)?.conversation.reading.heard(message.members);
        break;
      default: {
        const unreachable: never = message;
        return unreachable;
      }
    }
  };

  const hear = (message: TabMessage): void => {
    switch (message.type) {
      case 'outbox':
        void outbox.refresh();
        break;
      case 'refusals':
        refusals.refresh();
        break;
      default:
        documents.hear(message);
    }
  };

  /** One tab of a device sends what waits on it for everybody. */
  const drain = (): void => {
    if (!connection.online || !tabs.lead.get()) return;
    outbox.online();
    void sendLeftBehind();
  };
  tabs.lead.subscribe(() => {
    if (tabs.lead.get()) drain();
    else outbox.lost();
  });

  /** Opens documents whose changes an earlier session left on the device, until the server has them. */
  const sendLeftBehind = async (): Promise<void> => {
    const names = await store.pending().catch(() => []);
    for (const name of names) {
      const address = parseAddress(name);
      if (closing === undefined && address !== undefined && address.kind !== 'conversation') {
        documents.release(documents.acquire(address, 'left-behind'));
      }
    }
  };

  const release = (id: string) => {
    const entry = conversations.get(id);
    if (entry === undefined) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    conversations.delete(id);
    entry.conversation.close();
  };

  const checkOpen = (id: string) => {
    if (closing !== undefined) throw new WeftError('request-invalid', 'The client is closed.');
    checkId(id);
  };

  let closing: Promise<void> | undefined;
  const stopRecovery = watchDevice({ env, store, recover: () => documents.recover() });
  const close = async (): Promise<void> => {
    stopRecovery();
    for (const { conversation } of conversations.values()) conversation.close();
    conversations.clear();
    await documents.close();
    connection.close();
    tabs.close();
    outbox.close();
    await outbox.settled();
    await store.close();
  };

  // Also without a network: what waits on the device is counted before anything may read as stored.
  void sendLeftBehind();
  const connect = (): void => {
    tabs.run();
    connection.connect();
  };
  // Who is not let in sends nothing for the others.
  connection.status.subscribe(() => {
    const { state } = connection.status.get();
    if (state === 'revoked' || state === 'outdated') tabs.yield();
  });
  if (options.connect !== false) connect();
  return {
    connection: readOnly(connection.status),
    pending: readOnly(pending),
    storage: readOnly(store.status),
    refusals: readOnly(refusals.list),
    discard: (id) => refusals.discard(id),
    document: (id) => {
      checkOpen(id);
      return documentHandle(documents, { kind: 'document', id });
    },
    workspace: (id) => {
      checkOpen(id);
      return workspaceHandle(documents, id, newId);
    },
    conversation: (id) => {
      checkOpen(id);
      const known = conversations.get(id);
      const entry = known ?? {
        conversation: new Conversation({
          id,
          env,
          store,
          documents,
          outbox,
          me: () => me,
          mark: (mark) => connection.send(encodeWeft(mark)),
        }),
        holders: 0,
      };
      entry.holders += 1;
      conversations.set(id, entry);
      return conversationHandle(entry.conversation, outbox, () => release(id));
    },
    connect: () => {
      if (closing === undefined) connect();
    },
    disconnect: () => {
      tabs.yield();
      connection.disconnect();
    },
    flush: async () => {
      await documents.flush();
      await outbox.settled();
      await store.flush();
    },
    close: () => (closing ??= close()),
  };
}

/** @throws WeftError `request-invalid` */
function toSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol.replace(/^http/, 'ws');
  if (url === undefined || (protocol !== 'ws:' && protocol !== 'wss:')) {
    throw new WeftError(
      'request-invalid',
      `The url must be ws:// or wss://, and is ${JSON.stringify(text)}.`,
    );
  }
  url.protocol = protocol;
  return url;
}
