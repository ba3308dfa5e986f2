import {
  type Action,
  MessageType,
  PROTOCOL_VERSION as PROTOCOL,
  type Role,
  SyncType,
  type Up,
  directId,
  encodeAuth,
  encodeAwareness,
  encodeBare,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
  threadId,
} from '@weft/protocol';
import { openMemoryStore } from '@weft/storage/memory';
import * as encoding from 'lib0/encoding';
import { describe, expect, it, vi } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { rawClient } from './support/raw-client.ts';
import { signToken, startServer } from './support/server.ts';

/**
 * Every kind of message, said by everybody: who has an effect by it on a document and the conversation beside it, or is
 * told anything of them. A kind that is new to the protocol does not compile until it is listed here.
 */

const ROLES_HERE = ['owner', 'editor', 'commenter', 'reader'] as const satisfies readonly Role[];
const PEOPLE = [...ROLES_HERE, 'revoked', 'outsider', 'other tenant'] as const;
type Person = (typeof PEOPLE)[number];

type Kind =
  | `weft ${Exclude<Up['type'], 'command'>}`
  | `command ${Action['type']}`
  | `frame ${Exclude<keyof typeof MessageType, 'Sync' | 'SyncReply'>}`
  | `${'Sync' | 'SyncReply'} ${keyof typeof SyncType}`;

const ALL: readonly Person[] = ROLES_HERE;
const TALK: readonly Person[] = ['owner', 'editor', 'commenter'];
const WRITE: readonly Person[] = ['owner', 'editor'];
const NOBODY: readonly Person[] = [];

/** Who has an effect by a kind of message. */
const ALLOWED: Readonly<Record<Kind, readonly Person[]>> = {
  // Tells who one is, and nothing of anything else.
  'weft hello': NOBODY,
  'weft bye': NOBODY,
  'weft mark': ALL,
  // Seen by whoever has the workspace open, which nobody here has.
  'weft presence': NOBODY,
  'weft digest': ALL,
  'command send': TALK,
  'command edit': TALK,
  'command delete': TALK,
  'command react': TALK,
  'command unreact': TALK,
  'command pin': TALK,
  'command unpin': TALK,
  'command thread': TALK,
  'command resolve': TALK,
  'command reopen': TALK,
  // Beside a document nobody comes or goes: that is said to whoever may write here, and to nobody else.
  'command join': TALK,
  'command leave': TALK,
  'Sync Step1': ALL,
  'Sync Step2': WRITE,
  'Sync Update': WRITE,
  'SyncReply Step1': ALL,
  'SyncReply Step2': WRITE,
  'SyncReply Update': WRITE,
  'frame Auth': ALL,
  'frame Awareness': ALL,
  // Who is there is told when a document is opened; the engine does not answer the question.
  'frame QueryAwareness': NOBODY,
  'frame Stateless': NOBODY,
  'frame BroadcastStateless': NOBODY,
  'frame Close': NOBODY,
  'frame SyncStatus': NOBODY,
  'frame Ping': NOBODY,
  'frame Pong': NOBODY,
};

const KINDS = Object.keys(ALLOWED) as readonly Kind[];
const DOCUMENT = 'document/plan';
const SECRET_TEXT = 'what only members read';

/** A document with a text, the conversation beside it, and a witness who has both open. */
async function scene() {
  const store = await openMemoryStore();
  const { registry } = store;
  await registry.createResource({
    tenant: '_',
    kind: 'document',
    id: 'plan',
    parent: 'workspace/main',
    owner: 'witness',
    created: 0,
  });
  for (const role of ROLES_HERE) await registry.setMember('_', DOCUMENT, role, role);
  await registry.setMember('_', DOCUMENT, 'revoked', 'owner');
  const { sync, server } = await startServer({ store });
  const witness = await rawClient(sync);
  const witnessToken = await signToken('witness');
  await witness.hello(witnessToken);
  await witness.open(DOCUMENT);
  witness.send(encodeWrite(DOCUMENT, SyncType.Update, insertion(1, SECRET_TEXT), 1));
  await witness.weft('stored');
  witness.send(encodeAwareness(DOCUMENT, presence(1)));
  await witness.open('conversation/plan/0');
  witness.send(encodeWeft(command('01J00000000000000000000001', 'send')));
  await witness.weft('ack');
  return { store, sync, server, witness, witnessToken };
}

function insertion(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText('t').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

/** Somebody's presence, under a client id. */
function presence(client: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  const awareness = new Awareness(doc);
  awareness.setLocalState({ here: true });
  const update = encodeAwarenessUpdate(awareness, [client]);
  awareness.destroy();
  return update;
}

/** A command that has what every action needs. */
function command(id: string, type: string) {
  const body = { version: 1, text: 'said' };
  const action = { type, sequence: 1, emoji: '👍', body, anchor: id, quote: 'warp' };
  return {
    type: 'command',
    id,
    device: 'device-1',
    counter: 1,
    conversation: 'plan',
    at: 0,
    action,
  } as const;
}

type Client = Awaited<ReturnType<typeof rawClient>>;
type Scene = Awaited<ReturnType<typeof scene>>;

/** A round trip: everything said on this socket before was read. */
async function trip(client: Client, token: string): Promise<void> {
  const welcomes = () =>
    client.received.filter((frame) => frame.kind === 'weft' && frame.message.type === 'welcome');
  const before = welcomes().length;
  client.say(hello(token));
  await Promise.race([
    client.until(() => (welcomes().length > before ? true : undefined)),
    client.closed(),
  ]);
}

const hello = (token: string) =>
  ({ type: 'hello', protocol: PROTOCOL, token, device: 'd', build: 't' }) as const;

/** What a person says, and how its effect is seen. */
interface Saying {
  readonly frame: Uint8Array;
  /** Whether it had an effect on what is ours, or told anything of it. */
  readonly acts: () => boolean | Promise<boolean>;
  /** Resolves when the server has answered it, where it answers such a thing. */
  readonly answered?: () => Promise<unknown>;
}

function say(
  kind: Kind,
  person: Person,
  { store, server, witness }: Scene,
  client: Client,
): Saying {
  const sub = subOf(person);
  const [group = '', what = ''] = kind.split(' ');
  const heard = client.received.length;
  const fresh = () => client.received.slice(heard);
  const seen = witness.received.length;
  const others = () => witness.received.slice(seen);
  const id = PEOPLE.indexOf(person) + 100;
  const nothing = () =>
    others().length > 0 || fresh().some((frame) => frame.kind === 'sync' || frame.kind === 'other');
  if (group === 'command') {
    const ulid = `01J${String(KINDS.indexOf(kind) * 10 + id).padStart(23, '0')}`;
    const frame = encodeWeft(command(ulid, what));
    const ack = () => client.weft('ack', (message) => message.id === ulid);
    return {
      frame,
      // To change what is not there is refused for that reason: whoever may not is not even told so much.
      acts: () =>
        client.received.some(
          (each) =>
            each.kind === 'weft' &&
            each.message.type === 'ack' &&
            each.message.id === ulid &&
            (each.message.result.outcome === 'stored' ||
              !['forbidden', 'read-only'].includes(each.message.result.code)) &&
            person !== 'other tenant',
        ) || others().length > 0,
      answered: ack,
    };
  }
  if (group === 'Sync' || group === 'SyncReply') {
    const type = group === 'Sync' ? MessageType.Sync : MessageType.SyncReply;
    const bytes =
      what === 'Step1'
        ? encodeSyncStep1(DOCUMENT, Uint8Array.of(0))
        : encodeWrite(
            DOCUMENT,
            SyncType[what === 'Step2' ? 'Step2' : 'Update'],
            insertion(id, 'w'),
            1,
          );
    const frame = bytes.slice();
    frame[1 + DOCUMENT.length] = type;
    if (what === 'Step1') {
      return {
        frame,
        acts: () =>
          fresh().some(
            (each) => each.kind === 'sync' && Buffer.from(each.bytes).includes(SECRET_TEXT),
          ),
      };
    }
    return {
      frame,
      acts: async () => (await store.log.head(`_/${DOCUMENT}`)) > 1,
      answered: () =>
        client.until(() =>
          fresh().find(
            (each) => each.kind === 'weft' && ['stored', 'refused'].includes(each.message.type),
          ),
        ),
    };
  }
  switch (kind) {
    case 'weft hello':
      return { frame: encodeWeft(hello('')), acts: nothing };
    case 'weft bye':
      return { frame: encodeWeft({ type: 'bye', code: 'internal', message: '' }), acts: nothing };
    case 'weft presence':
      return { frame: encodeWeft({ type: 'presence', state: 'idle' }), acts: nothing };
    case 'weft mark':
      return {
        frame: encodeWeft({ type: 'mark', conversation: 'plan', delivered: 1, read: 1 }),
        acts: async () => {
          await server.close();
          const receipts = await store.registry.receipts('_', 'plan');
          return receipts.some((each) => each.person === sub && each.read === 1);
        },
      };
    case 'weft digest': {
      const hash = '0'.repeat(64);
      return {
        frame: encodeWeft({ type: 'digest', document: DOCUMENT, state: hash, content: hash }),
        acts: () =>
          person !== 'other tenant' &&
          fresh().some((each) => each.kind === 'weft' && each.message.type === 'digest'),
      };
    }
    case 'frame Auth':
      return {
        frame: encodeAuth(DOCUMENT, ''),
        acts: () =>
          person !== 'other tenant' &&
          client.received.some(
            (each) =>
              each.kind === 'auth' &&
              each.address === DOCUMENT &&
              ['read-write', 'readonly'].includes(each.result),
          ),
      };
    case 'frame Awareness':
      return {
        frame: encodeAwareness(DOCUMENT, presence(id)),
        acts: () => others().some((each) => each.kind === 'other' && each.type === 1),
      };
    case 'frame QueryAwareness':
      return {
        frame: encodeBare(DOCUMENT, MessageType.QueryAwareness),
        acts: () =>
          person !== 'other tenant' &&
          fresh().some((each) => each.kind === 'other' && each.type === 1),
      };
    default: {
      const encoder = encoding.createEncoder();
      const type = Object.entries(MessageType).find(([name]) => name === what)?.[1];
      if (type === undefined) throw new Error(`No frame of type ${what}.`);
      encoding.writeUint8Array(encoder, encodeBare(DOCUMENT, type));
      encoding.writeVarString(encoder, 'to everybody');
      return { frame: encoding.toUint8Array(encoder), acts: () => others().length > 0 };
    }
  }
}

function subOf(person: Person): string {
  return person.replace(' ', '-');
}

/** Opens what a person may, as far as they may; the revoked one had it open, and does not wait to be closed. */
async function enter(person: Person, { sync, server }: Scene) {
  const token =
    person === 'other tenant'
      ? await signToken(subOf(person), [{ resource: '*', role: 'owner' }], { tid: 'other' })
      : await signToken(subOf(person));
  const client = await rawClient(sync);
  await client.hello(token);
  await client.open(DOCUMENT);
  await trip(client, token);
  if (person === 'revoked') await server.revoke('_', { sub: 'revoked' });
  return { client, token };
}

describe('who may say what', () => {
  for (const kind of KINDS) {
    it.each(PEOPLE)(`[R2] [R3] [D9] ${kind}, by: %s`, async (person) => {
      const here = await scene();
      const { client, token } = await enter(person, here);
      await trip(here.witness, here.witnessToken);
      if (person === 'revoked' || kind === 'frame QueryAwareness') client.received.length = 0;
      const { frame, acts, answered } = say(kind, person, here, client);
      client.send(frame);
      if (ALLOWED[kind].includes(person)) {
        await trip(client, token);
        await vi.waitFor(async () => expect(await acts()).toBe(true));
        return;
      }
      if (answered !== undefined) await Promise.race([answered(), client.closed()]);
      await trip(client, token);
      const { length } = here.witness.received;
      await trip(here.witness, here.witnessToken);
      // The witness's own round trip is no effect of anybody's.
      here.witness.received.splice(length);
      expect(await acts()).toBe(false);
    });
  }
});

/** Each kind of conversation: who of these reads it, and who speaks in it. Of the direct one, two are its people. */
const CONVERSATIONS = {
  channel: { id: 'room', reads: ALL, speaks: TALK, joins: TALK },
  beside: { id: 'plan', reads: ALL, speaks: TALK, joins: NOBODY },
  thread: {
    id: threadId('plan', '01J00000000000000000000001') ?? '',
    reads: ALL,
    speaks: TALK,
    joins: NOBODY,
  },
  direct: {
    id: directId('commenter', 'reader'),
    reads: ['commenter', 'reader'],
    speaks: ['commenter', 'reader'],
    joins: NOBODY,
  },
} as const satisfies Record<
  string,
  {
    readonly id: string;
    readonly reads: readonly Person[];
    readonly speaks: readonly Person[];
    readonly joins: readonly Person[];
  }
>;

describe('whose conversation it is', () => {
  for (const [kind, { id, ...allowed }] of Object.entries(CONVERSATIONS)) {
    it.each(PEOPLE)(`[R2] [R4] ${kind}, as: %s`, async (person) => {
      const here = await scene();
      for (const role of ROLES_HERE) {
        await here.store.registry.setMember('_', 'workspace/main', role, role);
      }
      if (kind === 'direct') await begin(here, id);
      const { client, token } = await enter(person, here);
      const reads = await Promise.race([client.open(`conversation/${id}/0`), client.closed()]);
      const answers = await Promise.all(
        (['send', 'join'] as const).map(async (type, index) => {
          const ulid = `01J${String(index + 50).padStart(23, '0')}`;
          const { body } = command(ulid, type).action;
          const action = type === 'send' ? { type, body } : { type };
          client.send(
            encodeWeft({ ...command(ulid, type), counter: index + 1, conversation: id, action }),
          );
          const ack = client.weft('ack', (message) => message.id === ulid);
          const answer = await Promise.race([ack, client.closed()]);
          return 'result' in answer && answer.result.outcome === 'stored';
        }),
      );
      if (person !== 'revoked') await trip(client, token);
      // Another tenant has conversations of its own under the same ids: nothing of it is seen here.
      if (person === 'other tenant') {
        expect(await here.store.log.head(`_/conversation/${id}`)).toBe(
          { channel: 0, beside: 1, thread: 0, direct: 1 }[kind],
        );
        return;
      }
      const is = (people: readonly Person[]) => people.includes(person);
      expect([reads === 'readonly', ...answers]).toEqual([
        is(allowed.reads),
        is(allowed.speaks),
        is(allowed.joins),
      ]);
    });
  }
});

/** Begins the direct conversation of the commenter and the reader. */
async function begin({ sync }: Scene, id: string): Promise<void> {
  const client = await rawClient(sync);
  await client.hello(await signToken('reader'));
  const ulid = '01J00000000000000000000040';
  const action = { type: 'join', with: 'commenter' } as const;
  client.send(encodeWeft({ ...command(ulid, 'join'), conversation: id, action }));
  await client.weft('ack');
}
