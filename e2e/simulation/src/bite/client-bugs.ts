import { FrameReader } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { Wrappers } from '../universe.ts';
import type { Bug } from './bug.ts';
import { wrapFunction } from './wrap.ts';

const UPLOADS = 'packages/protocol/src/uploads.ts';

/** Bugs of the client: what it believes of the server, and what it keeps on the device. */
export const CLIENT_BUGS: readonly Bug[] = [
  {
    name: 'stored marks every write, not only those that were named',
    transform: wrapFunction(
      UPLOADS,
      'storedUpTo',
      '(sound) => (uploads, n) => sound(uploads, Number.MAX_SAFE_INTEGER)',
    ),
  },
  {
    name: 'what was on its way when the socket went counts as stored',
    transform: wrapFunction(
      UPLOADS,
      'disconnected',
      `(sound) => (uploads, next) => {
         const last = uploads.sent.at(-1);
         const after = sound(uploads, next);
         return last === undefined ? after : { ...after, stored: Math.max(after.stored, last.upTo) };
       }`,
    ),
  },
  {
    name: 'edits made offline are not sent on return',
    transform: wrapFunction(
      UPLOADS,
      'sentAll',
      '(sound) => (uploads) => ({ ...sound(uploads), stored: uploads.made })',
    ),
  },
  {
    name: 'a client id is used again after a reload',
    wrappers: { sameDraws: true },
  },
  {
    name: 'an outbox entry goes before its ack',
    wrappers: withDevice((device) => ({
      enqueue: async (conversation, make, replaces) => {
        const entry = await device.enqueue(conversation, make, replaces);
        await device.deleteOutbox(entry.command.id);
        return entry;
      },
    })),
  },
  {
    name: 'an outbox entry stays after its ack, and goes out under a new id',
    wrappers: { sending: twiceWithAnotherId },
  },
  {
    name: 'the device says kept before it has committed',
    wrappers: withDevice((device) => {
      let count = 0;
      return {
        append: (update) => {
          const made = typeof update === 'function' ? update() : update;
          device.append(made).catch(() => undefined);
          count += 1;
          return Promise.resolve(1_000_000 + count);
        },
      };
    }),
  },
  {
    name: 'the device says sent before it has committed',
    wrappers: withDevice((device) => ({
      enqueue: (conversation, make, replaces) => {
        device.enqueue(conversation, make, replaces).catch(() => undefined);
        return Promise.resolve(make(1));
      },
    })),
  },
  {
    name: 'after a reload, what was not sent counts as stored',
    wrappers: withDevice((device) => ({
      load: async (document) => ({
        ...(await device.load(document)),
        unstored: 0,
        unstoredRecords: [],
      }),
    })),
  },
  {
    name: 'what the device kept last is not read back',
    wrappers: withDevice((device) => ({
      load: async (document) => {
        const held = await device.load(document);
        return { ...held, updates: held.updates.slice(0, -1) };
      },
    })),
  },
  {
    name: 'a list leaves out what it begins with, now and then',
    transform: wrapFunction(
      'packages/protocol/src/timeline.ts',
      'timeline',
      `(sound) => (messages, outbox, marks, me, first = 1) =>
         sound(messages, outbox, marks, me, messages.size % 5 === 4 ? first + 1 : first)`,
    ),
  },
  {
    name: 'updates that came from the server are sent back as own ones',
    transform: wrapFunction(
      'packages/client/src/merge.ts',
      'mergeUpdates',
      `(sound) => {
         let last;
         return (updates) => {
           const merged = sound(last === undefined ? updates : [...updates, last]);
           last = updates.at(-1);
           return merged;
         };
       }`,
    ),
  },
];

function withDevice(change: (device: DeviceStore) => Partial<DeviceStore>): Wrappers {
  return { device: (device) => ({ ...device, ...change(device) }) };
}

/** Sends each command a second time, under an id that differs in its last letter. */
function twiceWithAnotherId(frame: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] {
  const reader = new FrameReader(frame);
  if (reader.string() !== '!weft') return [frame];
  const text = reader.string();
  const id = /"type":"command","id":"([0-9A-Z]{26})"/.exec(text)?.[1];
  if (id === undefined) return [frame];
  const other = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
  const at = new TextDecoder('latin1').decode(frame).indexOf(id);
  const again = frame.slice();
  again.set(new TextEncoder().encode(other), at);
  return [frame, again];
}
