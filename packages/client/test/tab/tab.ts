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
      /** Milliseconds from each of some edits to its commit on the device. */
      commits(edits: number): Promise<readonly number[]>;
      /** Writes a document of a megabyte; resolves with the bytes of its state when the device has it. */
      fill(): Promise<number>;
      /** Milliseconds from making a client to its document being read from the device. */
      readonly cold: number;
    };
  }
}

const name = 'weft-tab';
const started = performance.now();
const weft = createWeft({
  url: 'ws://host.invalid/sync',
  token: 'none',
  connect: false,
  store: openIndexedDbDevice({ name }),
});
const handle = weft.document('spec');
await handle.loaded;
const cold = performance.now() - started;
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
  cold,
  commits: async (edits) => {
    const times: number[] = [];
    for (let edit = 0; edit < edits; edit += 1) {
      const pressed = performance.now();
      text.insert(text.length, 'x');
      await new Promise<void>((resolve) => {
        const stop = handle.status.subscribe(() => {
          if (handle.status.get().state !== 'local') return;
          stop();
          resolve();
        });
      });
      times.push(performance.now() - pressed);
    }
    return times;
  },
  fill: async () => {
    const page = handle.doc.getXmlFragment('page');
    const sentence =
      'Twenty words or so, more or less, of which most are short and none says much. ';
    handle.doc.transact(() => {
      // As editors have it: an element for each paragraph, with a text in it.
      for (let count = 0; count < 3_000; count += 1) {
        const paragraph = new Y.XmlElement('paragraph');
        paragraph.insert(0, [new Y.XmlText(sentence.repeat(3 + (count % 4)))]);
        page.insert(page.length, [paragraph]);
      }
    });
    await weft.flush();
    return Y.encodeStateAsUpdate(handle.doc).length;
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
