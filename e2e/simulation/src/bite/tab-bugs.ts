import type { Bug } from './bug.ts';
import { instead, without } from './wrap.ts';

const OUTBOX = 'packages/client/src/outbox-runner.ts';

/** Its channel is closed before the device has it, */
const early = instead(
  'packages/client/src/weft.ts',
  'tabs.yield();\n    await talk.close();',
  'tabs.close();\n    await talk.close();',
);
/** and the next tab says nothing of what it finds. */
const unheard = instead('packages/client/src/weft.ts', "else tabs.tell({ type: 'outbox' });", '');

/** Bugs of several tabs on one device, whose storage fails or loses things. */
export const TAB_BUGS: readonly Bug[] = [
  {
    name: 'nobody is told of a message that is kept as its tab ends',
    transform: (file, source) => unheard(file, early(file, source)),
  },
  {
    name: 'what the device would not keep overtakes what another tab sends',
    transform: instead(
      OUTBOX,
      "this.#net === 'follows' && !adrift.has(conversation)",
      "this.#net === 'follows' && !this.#unkept.has(id)",
    ),
  },
  {
    name: 'what was lost with the storage is sent by nobody, though a tab has it',
    transform: instead(OUTBOX, "this.#net === 'leads' && this.#keepLost(here)", 'false'),
  },
  {
    name: 'a record of the device is believed, whatever its checksum says',
    transform: without(
      'packages/storage/src/indexeddb/records.ts',
      'if (crc !== undefined && crc !== checksum(document, changes, bytes)) return undefined;',
    ),
  },
];
