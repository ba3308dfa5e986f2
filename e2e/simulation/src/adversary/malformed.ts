import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { Attack } from './attack.ts';
import { encodeUpdate, textItem } from './encode.ts';

const WELCOME = ['update-invalid'];

/** Bytes that are no update. */
export const malformed: Readonly<Record<string, Attack>> = {
  // Fact 4: it throws after its structs were applied.
  truncated: ({ fresh, mustFail, random }) => {
    const whole = encodeUpdate([{ client: fresh(), clock: 0, structs: [textItem('half')] }]);
    mustFail(whole.slice(0, whole.length - random.int(1, 3)), WELCOME);
  },
  garbage: ({ random, mustFail }) => {
    const bytes = Uint8Array.from({ length: random.int(1, 60) }, () => random.int(0, 255));
    if (!decodes(bytes)) mustFail(bytes, WELCOME);
  },
  // Yjs throws on it once it has applied the rest.
  'a delete range of no length': ({ fresh, mustFail }) => {
    const client = fresh();
    const structs = [textItem('empty')];
    const deletes = [{ client, clock: 1, length: 0 }];
    mustFail(encodeUpdate([{ client, clock: 0, structs }], deletes), WELCOME);
  },
  'two groups of one client': ({ fresh, mustFail }) => {
    const client = fresh();
    const groups = [0, 1].map((clock) => ({ client, clock, structs: [textItem('g')] }));
    mustFail(encodeUpdate(groups), WELCOME);
  },
  'unknown content': ({ fresh, mustFail }) => {
    const strange = { ref: 29, write: (to: encoding.Encoder) => encoding.writeVarUint(to, 1) };
    const structs = [{ type: 'item', payload: strange, parent: 'evil' } as const];
    mustFail(encodeUpdate([{ client: fresh(), clock: 0, structs }]), WELCOME);
  },
};

function decodes(bytes: Uint8Array): boolean {
  try {
    Y.decodeUpdate(bytes);
    return true;
  } catch {
    return false;
  }
}
