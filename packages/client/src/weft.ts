import {
  type Access,
  type Ack,
  type ConversationHead,
  type Digest,
  type Directs,
  type ErrorCode,
  type MembersMessage,
  type PeopleMessage,
  type Receipts,
  type Refused,
  type Stored,
  ID_PATTERN,
  WeftError,
  type Welcome,
  encodeWeft,
  parseAddress,
} from '@weft/protocol';
import type { DeviceHistory } from '@weft/storage';
import type { Weft, WeftOptions } from './api.ts';
import { Connection } from './connection.ts';
import { deviceOf } from './device-name.ts';
import { deviceStorage } from './device-storage.ts';
import { Documents } from './documents.ts';
import { environmentOf } from './environment.ts';
import { DirectList } from './directs.ts';
import { checkId, documentHandle, workspaceHandle } from './handles.ts';
import { derived, readOnly } from './observable.ts';
import { watchDevice } from './watch-device.ts';
import { People } from './people.ts';
import { loadParts, parts } from './parts.ts';
import { refusalList } from './refusals.ts';
import type { TabMessage } from './tab-message.ts';
import { Searches } from './searches.ts';
import { Tabs } from './tabs.ts';
import { Talk } from './talk.ts';
import { risingUlids } from './ulid.ts';

/** Name of the value that holds the device's own id. */
const DEVICE_KEY = 'device';

/**
 * Makes a client. It works at once from the device, and connects unless told otherwise.
 * @throws WeftError `request-invalid` when the address is none, or when a browser's store has no owner
 */
export function createWeft(options: WeftOptions): Weft {
  const url = toSocketUrl(options.url);
  const { tracing } = options;
  const env = environmentOf(options.env);
  const { store, tabs: tabsName } = deviceOf(options, url);
  const tabs: Tabs = new Tabs({ env, name: tabsName, receive: (message) => hear(message) });
  const newUlid = risingUlids(() => env.random());
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

  const documents: Documents = new Documents({
    env,
    store,
    tabs: { tell: (message) => tabs.tell(message), leads: () => tabs.lead.get() },
    send: (frame) => connection.send(tracing?.frame(frame) ?? frame),
    failed: (document, code) => refusals.failed(document, code),
    refused: (document, work) => refusals.add(document, work),
    setAside: (entries) => refusals.found(entries),
    changed: () => pending.notify(),
  });
  const directs = new DirectList(store);
  const people = new People();
  let activity: 'online' | 'idle' = 'online';
  const tellActivity = () => connection.send(encodeWeft({ type: 'presence', state: activity }));
  const pending = derived(() => documents.countWaiting());
  /** The one given last: what is asked beside the connection needs none of its own. */
  let lastToken: string | undefined;
  const { token: source } = options;
  const token = typeof source === 'string' ? source : async () => (lastToken = await source());
  const goodToken = async (anew: boolean): Promise<string> =>
    typeof token === 'string' ? token : ((anew ? undefined : lastToken) ?? token());
  const talk: Talk = new Talk({
    env,
    store,
    documents,
    device: ownDevice,
    newId,
    me: () => me,
    connection: () => connection.status,
    send: (message) => connection.send(encodeWeft(tracing?.message(message) ?? message)),
    told: () => tabs.tell({ type: 'outbox' }),
    files: {
      part: parts.files,
      store: options.files,
      name: tabsName,
      base: new URL('.', url).href.replace(/^ws/, 'http'),
      token: goodToken,
      now: () => env.now(),
      transfer: env.transfer?.bind(env),
      maxBytes: options.maxFileBytes,
    },
    directs,
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
      directs.reset();
      talk.here?.reset();
    }
    return undefined;
  };

  const connection: Connection = new Connection({
    env,
    url: url.href,
    token,
    device: ownDevice,
    handlers: {
      admit,
      message: (message) => receive(message),
      frame: (address, reader) => documents.receive(address, reader),
      online: () => {
        documents.online();
        if (activity === 'idle') tellActivity();
        drain();
        // Now, while the server still has the release that this page is of. What cannot be had is asked for when needed.
        env.idle?.(() => void loadParts().catch(() => undefined));
      },
      cut: () => documents.cut(),
      resumed: () => documents.resumed(),
      lost: () => {
        tracing?.lost();
        documents.lost();
        talk.lost();
        people.lost();
      },
    },
  });

  const searches = new Searches({
    env,
    platform: options.env?.socket === undefined,
    store,
    device: options.store === undefined ? tabsName : undefined,
    url,
    connection: connection.status,
    token: goodToken,
  });

  const receive = (
    message:
      | Access
      | Stored
      | Refused
      | Ack
      | ConversationHead
      | Receipts
      | MembersMessage
      | Directs
      | PeopleMessage
      | Digest,
  ): void => {
    tracing?.heard(message);
    switch (message.type) {
      case 'access':
        documents.access(message);
        break;
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
        talk.here?.ack(message);
        break;
      case 'event':
        talk.here?.head(message);
        break;
      case 'receipts':
        talk.here?.receipts(message);
        break;
      case 'members':
        talk.here?.members(message);
        break;
      case 'people':
        people.heard(message);
        break;
      case 'directs':
        // Behind the welcome: another history takes away what was heard under the one before, and nothing of this.
        void Promise.resolve(history).then(() => directs.heard(message.conversations));
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
        talk.refresh();
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
    if (!connection.online) return;
    const leads = tabs.lead.get();
    talk.online(leads);
    if (leads) void sendLeftBehind();
    // A tab that was killed may have kept what it could tell nobody of.
    else tabs.tell({ type: 'outbox' });
  };
  tabs.lead.subscribe(() => {
    if (!tabs.lead.get()) talk.offline();
    drain();
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

  const checkHere = () => {
    if (closing !== undefined) throw new WeftError('request-invalid', 'The client is closed.');
    connection.wake();
  };
  const checkOpen = (id: string) => {
    checkId(id);
    checkHere();
  };

  let closing: Promise<void> | undefined;
  const stopRecovery = watchDevice({
    env,
    store,
    recover: () => {
      documents.recover();
      talk.here?.recover();
    },
  });
  const close = async (): Promise<void> => {
    stopRecovery();
    const handedOn = talk.handOn();
    if (handedOn !== undefined) await handedOn;
    searches.close();
    talk.here?.closeAll();
    await documents.close();
    connection.close();
    tabs.yield();
    await talk.close();
    // Not before: whoever sends for all of them would not hear of a message that is kept in these last moments.
    tabs.close();
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
    unsavedMessages: readOnly(talk.unsaved),
    storage: deviceStorage({
      store,
      documents,
      evicted: (address) => {
        tabs.tell({ type: 'evicted', address });
        searches.evicted();
      },
    }),
    refusals: readOnly(refusals.list),
    directs: readOnly(directs.list),
    discard: (id) => refusals.discard(id),
    document: (id) => {
      checkOpen(id);
      return documentHandle(documents, { kind: 'document', id }, connection.status);
    },
    workspace: (id) => {
      checkOpen(id);
      return workspaceHandle(documents, id, connection.status, newId, people.of(id));
    },
    conversation: (id) => {
      checkOpen(id);
      return talk.handle(id);
    },
    direct: async ({ sub, name }) => {
      if (me === undefined) throw new WeftError('request-invalid', 'Nobody is signed in yet.');
      if (sub === me || !ID_PATTERN.test(sub)) throw new WeftError('request-invalid');
      const own = me;
      const { directId } = await parts.directId.load();
      const conversation = directId(own, sub);
      const at = Math.max(0, Math.trunc(env.now()));
      directs.prepare({ conversation, person: sub, name, at });
      return conversation;
    },
    search: (query, how = {}) => {
      checkHere();
      return searches.search(query, how);
    },
    prepareSearch: () => {
      checkHere();
      searches.prepare();
    },
    activity: (state) => {
      if (state === activity) return;
      activity = state;
      if (connection.online) tellActivity();
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
      await talk.settled();
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
