import { HocuspocusProvider } from '@hocuspocus/provider';
import { Editor } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { StarterKit } from '@tiptap/starter-kit';
import { exposeForTest, hocuspocusProbe, yWebsocketProbe } from '@weft/testkit/expose';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

/** A collaborative editor as the guides of Tiptap, Hocuspocus and y-websocket build one. */

const ROOM = 'plan';
const url = `${location.origin.replace('http', 'ws')}/collab`;
const document_ = new Y.Doc();

if (new URLSearchParams(location.search).get('provider') === 'y-websocket') {
  const provider = new WebsocketProvider(url, ROOM, document_);
  exposeForTest(yWebsocketProbe(provider));
} else {
  const provider = new HocuspocusProvider({ url, name: ROOM, document: document_ });
  exposeForTest(hocuspocusProbe(provider));
  const show = () => {
    const state =
      provider.isSynced && !provider.hasUnsyncedChanges ? 'All changes saved' : 'Saving';
    document.querySelector('#state')?.replaceChildren(state);
  };
  provider.on('synced', show);
  provider.on('unsyncedChanges', show);
}

const editor = new Editor({
  element: document.querySelector('#editor'),
  extensions: [
    StarterKit.configure({ undoRedo: false }),
    Collaboration.configure({ document: document_ }),
  ],
});
editor.commands.focus('end');
