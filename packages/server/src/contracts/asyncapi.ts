import {
  type Down,
  type MessageType,
  PROTOCOL_VERSION,
  SESSION_PROTOCOL,
  type SessionFrame,
  type Up,
  commandSchema,
  downSchema,
  upSchema,
} from '@weft/protocol';
import { SYNC_PATH } from '../gateway/gateway.ts';
import { jsonSchemaOf } from './json-schema.ts';

/** Who says it. */
type Speaker = 'client' | 'server' | 'both';

/** A kind that is new to the protocol does not compile until it is described here. */
const OWN: Readonly<Record<Up['type'] | Down['type'], string>> = {
  hello: 'Signs in; again with a newer token before the old one expires.',
  welcome: 'Who you are here, and which history the server holds.',
  queue: 'The server is full: your place in the line.',
  access: 'What you may do in a document.',
  stored: 'Every write up to a number that was not refused is committed.',
  refused: 'A write changed nothing and never will.',
  digest: 'What a replica of a document holds.',
  command: 'Asks for an effect in a conversation.',
  ack: 'What became of a command; after its commit.',
  event: 'The head of a conversation.',
  mark: 'How far this person is in a conversation.',
  receipts: 'How far people are in a conversation.',
  members: 'Who is in a conversation.',
  directs: 'The direct conversations of whoever is signed in.',
  presence: 'Whether somebody is at this device.',
  people: 'Who is in a workspace: everybody, or who changed.',
  bye: 'Said before an intended close.',
};

/** Frames at a document's address: `varString address, varUint type, …` (Hocuspocus's framing). */
const DOCUMENT: Readonly<
  Record<keyof typeof MessageType, { readonly from: Speaker | 'nobody'; readonly summary: string }>
> = {
  Sync: { from: 'both', summary: 'A state vector, an answer to one, or an update; a write.' },
  SyncReply: { from: 'both', summary: 'As Sync; asks for no state vector back.' },
  Awareness: { from: 'both', summary: 'Who is there, and where.' },
  Auth: { from: 'both', summary: 'Opens a document; says whether it is open.' },
  QueryAwareness: { from: 'client', summary: 'Asks who is there; it was told at the opening.' },
  Close: { from: 'both', summary: 'This document only.' },
  SyncStatus: { from: 'server', summary: 'Whether a write without a number was stored.' },
  // Read, and without effect.
  Stateless: { from: 'nobody', summary: '' },
  BroadcastStateless: { from: 'nobody', summary: '' },
  Ping: { from: 'nobody', summary: '' },
  Pong: { from: 'nobody', summary: '' },
};

/** Frames of a WebSocket that carries a session: `varUint kind, …`. */
const SESSION: Readonly<
  Record<SessionFrame['type'], { readonly from: Speaker; readonly summary: string }>
> = {
  open: { from: 'client', summary: 'A session is to begin.' },
  resume: { from: 'client', summary: 'A session is to go on after a cut.' },
  opened: { from: 'server', summary: 'A session has begun.' },
  resumed: { from: 'server', summary: 'It goes on; what the client lacks follows.' },
  refused: { from: 'server', summary: 'It does not go on.' },
  data: { from: 'both', summary: 'A message (a frame as without a session), or a part of one.' },
  ack: { from: 'both', summary: 'What arrived.' },
  ping: { from: 'client', summary: 'Asks for a sign of life.' },
  pong: { from: 'server', summary: 'Gives one.' },
};

interface Described {
  readonly key: string;
  readonly from: Speaker;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The contract of the socket: AsyncAPI 3.0, from the schemas that frames are read by. */
export function asyncApi(): unknown {
  const messages = [...ownMessages(), ...documentFrames(), ...sessionFrames()];
  const refer = (from: Exclude<Speaker, 'both'>) =>
    messages
      .filter((each) => each.from === from || each.from === 'both')
      .map(({ key }) => ({ $ref: `#/channels/sync/messages/${key}` }));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Weft: the socket',
      version: String(PROTOCOL_VERSION),
      description:
        `Binary frames over WebSocket. Without a subprotocol each frame is a message; with the subprotocol ` +
        `${SESSION_PROTOCOL} messages travel in frames of a session. A message is an address (lib0 varString) and what is ` +
        `said there: at "!weft" a varString of JSON, at a document's address a varUint type and its fields.`,
    },
    defaultContentType: 'application/json',
    channels: {
      sync: {
        address: SYNC_PATH,
        title: 'One connection of one person',
        messages: Object.fromEntries(
          messages.map(({ key }) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      hear: {
        action: 'receive',
        channel: { $ref: '#/channels/sync' },
        summary: 'What a client may say.',
        messages: refer('client'),
      },
      say: {
        action: 'send',
        channel: { $ref: '#/channels/sync' },
        summary: 'What the server may say.',
        messages: refer('server'),
      },
    },
    components: {
      messages: Object.fromEntries(messages.map(({ key, message }) => [key, message])),
    },
  };
}

function ownMessages(): readonly Described[] {
  const up = new Map(upSchema.options.map((each) => [each.entries.type.literal, each]));
  const down = new Map(downSchema.options.map((each) => [each.entries.type.literal, each]));
  return Object.entries(OWN).map(([name, summary]) => {
    const asked = [...up].find(([type]) => type === name)?.[1];
    const told = [...down].find(([type]) => type === name)?.[1];
    // A command is read in two steps, so that an unknown one is refused alone; this is what it may be.
    const schema = name === 'command' ? commandSchema : (asked ?? told);
    if (schema === undefined) throw new Error(`${name} has no schema.`);
    return {
      key: `weft.${name}`,
      from: asked === undefined ? 'server' : told === undefined ? 'client' : 'both',
      message: { name, summary, payload: jsonSchemaOf(schema, 'draft-07') },
    };
  });
}

function documentFrames(): readonly Described[] {
  return Object.entries(DOCUMENT).flatMap(([name, { from, summary }]) =>
    from === 'nobody' ? [] : [{ key: `document.${name}`, from, message: binary(name, summary) }],
  );
}

function sessionFrames(): readonly Described[] {
  return Object.entries(SESSION).map(([name, { from, summary }]) => ({
    key: `session.${name}`,
    from,
    message: binary(name, summary),
  }));
}

/** Its fields are in SPEC.md, "Frames" and "Sessions". */
function binary(name: string, summary: string) {
  return {
    name,
    summary,
    contentType: 'application/octet-stream',
    payload: { type: 'string', format: 'binary' },
  };
}
