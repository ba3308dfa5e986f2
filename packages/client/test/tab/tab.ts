import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import * as Y from 'yjs';
import { createWeft } from '../../src/index.ts';

/** The page that a test opens, types in, and ends: a whole client without a server. */
declare global {
  interface Window {
    weftTab?: {
      /** Types letters, each in a turn of its own as keys are, as fast as turns come. */
      type(letters: string): Promise<void>;
      /** How many letters the device holds, as one that is opened anew says. */
      held(): Promise<number>;
    };
  }
}

const name = 'weft-tab';
const weft = createWeft({
  url: 'ws://host.invalid/sync',
  token: 'none',
  connect: false,
  store: openIndexedDbDevice({ name }),
});
const handle = weft.document('spec');
await handle.loaded;
const text = handle.doc.getText('content');

window.weftTab = {
  type: async (letters) => {
    for (const letter of letters) {
      text.insert(text.length, letter);
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(undefined);
      });
    }
  },
  held: async () => {
    const store = openIndexedDbDevice({ name });
    const { updates } = await store.load('document/spec');
    await store.close();
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    return doc.getText('content').length;
  },
};
