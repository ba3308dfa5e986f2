import { MessageType, SyncType, WEFT_ADDRESS } from '@weft/protocol';
import * as encoding from 'lib0/encoding';
import type { Attack } from './attack.ts';
import { encodeUpdate, textItem } from './encode.ts';

/** Frames that nobody can read, and too many that everybody can: they end the own socket at most. */
export const frames: Readonly<Record<string, Attack>> = {
  noise: ({ random, frame }) => {
    frame(Uint8Array.from({ length: random.int(0, 40) }, () => random.int(0, 255)));
  },
  'noise at a document': ({ random, frame, document }) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, document);
    for (let left = random.int(0, 20); left > 0; left -= 1) {
      encoding.writeUint8(encoder, random.int(0, 255));
    }
    frame(encoding.toUint8Array(encoder));
  },
  'our own messages, broken': ({ random, frame }) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, WEFT_ADDRESS);
    encoding.writeVarString(
      encoder,
      random.pick(['{', '[]', '{"type":"hello"}', '{"type":"command","id":"x"}', 'null']),
    );
    frame(encoding.toUint8Array(encoder));
  },
  'a state vector that is none': ({ frame, document }) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, document);
    encoding.writeVarUint(encoder, MessageType.Sync);
    encoding.writeVarUint(encoder, SyncType.Step1);
    encoding.writeVarUint8Array(encoder, Uint8Array.of(5, 255, 255));
    frame(encoding.toUint8Array(encoder));
  },
  'a burst of writes': ({ fresh, write, random }) => {
    const client = fresh();
    const count = random.int(5, 40);
    for (let clock = 0; clock < count; clock += 1) {
      const place = clock === 0 ? {} : { origin: { client, clock: clock - 1 } };
      write(encodeUpdate([{ client, clock, structs: [textItem('b', place)] }]));
    }
  },
  'the same write again and again': ({ fresh, write }) => {
    const update = encodeUpdate([{ client: fresh(), clock: 0, structs: [textItem('again')] }]);
    for (let time = 0; time < 4; time += 1) write(update);
  },
  'deletes of what others wrote': ({ victims, random, write }) => {
    const known = victims.filter(({ clock }) => clock > 0);
    if (known.length === 0) return;
    const { client, clock } = random.pick(known);
    write(encodeUpdate([], [{ client, clock: random.int(0, clock - 1), length: 1 }]));
  },
};
