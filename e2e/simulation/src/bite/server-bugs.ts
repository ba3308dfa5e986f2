import { FrameReader, MessageType, SyncType, encodeSyncUpdate, encodeWeft } from '@weft/protocol';
import type { SimTransport } from '@weft/testkit/sim';
import type { Wrappers } from '../universe.ts';
import type { Bug } from './bug.ts';
import { append, without, wrapFunction } from './wrap.ts';

const ENGINE = 'packages/server/src/engine/engine.ts';
const UPDATE = 'packages/server/src/door/update.ts';
const OPEN_DOCUMENTS = 'packages/server/src/gateway/open-documents.ts';
const CONVERSATION = 'packages/protocol/src/conversation.ts';

/** Bugs of the server: its door, its engine, what it says on the wire. */
export const SERVER_BUGS: readonly Bug[] = [
  {
    name: 'fact 3: whatever comes is acked',
    transform: append(
      'packages/server/src/door/intake.ts',
      `const sound = Intake.prototype.write;
       Intake.prototype.write = async function (write) {
         const outcome = await sound.call(this, write);
         return outcome.outcome === 'refused' ? { outcome: 'stored' } : outcome;
       };`,
    ),
  },
  {
    name: 'fact 4: an update is applied first, and judged then',
    transform: append(
      ENGINE,
      `const soundIntake = Engine.prototype.intake;
       Engine.prototype.intake = function (document) {
         const door = soundIntake.call(this, document);
         return {
           announce: (client, principal) => door.announce(client, principal),
           knows: (bytes) => door.knows(bytes),
           write: (write) => {
             try { Y.applyUpdate(document, write.bytes, write.origin); } catch {}
             return door.write(write);
           },
         };
       };`,
    ),
  },
  {
    name: 'fact 5: a throwing hook ends the process',
    transform: append(
      ENGINE,
      `const soundHooks = Engine.prototype.hooks;
       Engine.prototype.hooks = function (name, payload, callback) {
         if (name === 'onAwarenessUpdate') return Promise.reject(new Error('a hook'));
         return soundHooks.call(this, name, payload, callback);
       };`,
    ),
  },
  {
    name: 'fact 6: a hook that throws closes the document, and the socket lives on',
    transform: append(
      ENGINE,
      `let asked = 0;
       const soundHooks = Engine.prototype.hooks;
       Engine.prototype.hooks = function (name, payload, callback) {
         if (name === 'connected' && (asked += 1) % 3 === 0) {
           payload.connection.webSocket.send = () => undefined;
         }
         return soundHooks.call(this, name, payload, callback);
       };`,
    ),
  },
  {
    name: 'fact 7: a document that is being unloaded is handed out',
    transform: append(
      ENGINE,
      `const handedOut = new WeakMap();
       const soundCreate = Engine.prototype.createDocument;
       Engine.prototype.createDocument = async function (name, ...rest) {
         const last = handedOut.get(this) ?? new Map();
         handedOut.set(this, last);
         const known = last.get(name);
         if (known?.isDestroyed) return known;
         const document = await soundCreate.call(this, name, ...rest);
         last.set(name, document);
         return document;
       };`,
    ),
  },
  { name: 'what comes is shown to others at once', wrappers: { sockets: relay } },
  { name: 'stored is said on receipt', wrappers: { sockets: storedOnReceipt } },
  {
    name: 'refused is said as stored',
    wrappers: rewriting((message) =>
      message['type'] === 'refused'
        ? { type: 'stored', document: message['document'], n: message['n'] }
        : message,
    ),
  },
  {
    name: 'stored names one write too many',
    wrappers: rewriting((message) =>
      message['type'] === 'stored' ? { ...message, n: Number(message['n']) + 1 } : message,
    ),
  },
  {
    name: 'one update in twenty is not shown to one person',
    wrappers: dropping((frame) => isUpdate(frame), 20),
  },
  {
    name: 'the cut is skipped: the log takes what it has',
    transform: wrapFunction(
      UPDATE,
      'examine',
      `(sound) => (doc, queued, update) => {
         const found = sound(doc, queued, update);
         return found.finding === 'new' ? { ...found, bytes: update.bytes } : found;
       }`,
    ),
  },
  {
    name: 'a returning client with nothing new costs an append',
    transform: wrapFunction(
      UPDATE,
      'examine',
      `(sound) => (doc, queued, update) => {
         const found = sound(doc, queued, update);
         return found.finding === 'known'
           ? { finding: 'new', bytes: update.bytes, writers: [] }
           : found;
       }`,
    ),
  },
  {
    name: 'what is queued is forgotten when the next write is judged',
    transform: wrapFunction(
      UPDATE,
      'examine',
      '(sound) => (doc, queued, update) => sound(doc, new Map(), update)',
    ),
  },
  {
    name: 'nobody asks whether a reader may write',
    transform: append(OPEN_DOCUMENTS, 'OpenDocuments.prototype.readOnly = () => false;'),
  },
  {
    name: 'fact 30a: the engine cleans up by itself',
    transform: without(ENGINE, 'transaction._needFormattingCleanup = false;'),
  },
  {
    name: 'two messages get one sequence',
    transform: wrapFunction(
      CONVERSATION,
      'stateAfter',
      `(sound) => (last) => {
         const state = sound(last);
         return state.event % 3 === 2 ? { ...state, sequence: state.sequence - 1 } : state;
       }`,
    ),
  },
  {
    name: 'another message under a known id is taken for the same',
    transform: wrapFunction(CONVERSATION, 'sameEffect', '() => () => true'),
  },
  {
    name: 'presence is shown under any client id',
    transform: append(
      'packages/server/src/door/intake.ts',
      'Intake.prototype.announce = () => true;',
    ),
  },
];

/** Whoever wrote at an address gets everything that others write there, before anybody looks at it. */
function relay(): ReturnType<NonNullable<Wrappers['sockets']>> {
  const present = new Map<SimTransport, Set<string>>();
  return (transport, accept) => {
    const endpoint = accept(transport);
    const own = new Set<string>();
    present.set(transport, own);
    return {
      closed: (code, silence) => {
        present.delete(transport);
        endpoint.closed(code, silence);
      },
      receive: (frame) => {
        const write = readWrite(frame);
        if (write !== undefined) {
          own.add(write.address);
          const shown = encodeSyncUpdate(write.address, SyncType.Update, write.bytes);
          for (const [other, addresses] of present) {
            if (other !== transport && addresses.has(write.address)) other.send(shown);
          }
        }
        endpoint.receive(frame);
      },
    };
  };
}

function storedOnReceipt(): ReturnType<NonNullable<Wrappers['sockets']>> {
  return (transport, accept) => {
    const endpoint = accept(transport);
    return {
      closed: (code, silence) => endpoint.closed(code, silence),
      receive: (frame) => {
        endpoint.receive(frame);
        const write = readWrite(frame);
        if (write === undefined) return;
        transport.send(encodeWeft({ type: 'stored', document: write.address, n: write.n }));
      },
    };
  };
}

/** Changes what the server says at `!weft`. */
function rewriting(
  change: (message: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Wrappers {
  return sendingThrough((frame) => {
    if (!(frame instanceof Uint8Array)) return frame;
    const reader = new FrameReader(frame);
    if (reader.string() !== '!weft') return frame;
    const message: unknown = JSON.parse(reader.string());
    if (typeof message !== 'object' || message === null) return frame;
    const changed = change({ ...message });
    return rawWeft(JSON.stringify(changed));
  });
}

function dropping(which: (frame: Uint8Array) => boolean, every: number): Wrappers {
  let count = 0;
  return sendingThrough((frame) => {
    if (!(frame instanceof Uint8Array) || !which(frame)) return frame;
    count += 1;
    return count % every === 0 ? undefined : frame;
  });
}

type Data = Parameters<SimTransport['send']>[0];

function sendingThrough(change: (frame: Data) => Data | undefined): Wrappers {
  return {
    sockets: () => (transport, accept) =>
      accept({
        get readyState() {
          return transport.readyState;
        },
        send: (data) => {
          const changed = change(data);
          if (changed !== undefined) transport.send(changed);
        },
        close: (code, reason) => transport.close(code, reason),
        queued: () => transport.queued(),
        drained: () => transport.drained(),
      }),
  };
}

function rawWeft(json: string): Uint8Array {
  const bytes = new TextEncoder().encode(json);
  const address = new TextEncoder().encode('!weft');
  return Uint8Array.from([address.length, ...address, ...lengthOf(bytes.length), ...bytes]);
}

/** A length as lib0 writes it. */
function lengthOf(length: number): readonly number[] {
  return length < 128 ? [length] : [(length & 127) | 128, ...lengthOf(length >>> 7)];
}

function isUpdate(frame: Uint8Array): boolean {
  const reader = new FrameReader(frame);
  if (reader.string() === '!weft') return false;
  return reader.uint() === MessageType.Sync && reader.uint() === SyncType.Update;
}

function readWrite(
  frame: Uint8Array,
): { readonly address: string; readonly bytes: Uint8Array; readonly n: number } | undefined {
  try {
    const reader = new FrameReader(frame);
    const address = reader.string();
    if (address === '!weft' || reader.uint() !== MessageType.Sync) return undefined;
    if (reader.uint() === SyncType.Step1) return undefined;
    return { address, bytes: reader.bytes(), n: reader.uint() };
  } catch {
    // Noise of the adversary: the server itself says what it makes of it.
    return undefined;
  }
}
