import {
  DEFAULT_TENANT,
  MAIN_WORKSPACE,
  type ResourceKind,
  addToDirectory,
  formatResource,
  streamName,
} from '@weft/protocol';
import type { Store } from '@weft/storage';
import * as Y from 'yjs';
import { SERVER_PRINCIPAL } from './auth/principal.ts';

/** Names of what a first start makes. */
export const SEED = { document: 'welcome', channel: 'general' } as const;

/** The key under which the seed is in the log: it is there once or not at all. */
const SEED_KEY = 'seed';

/**
 * Makes the main workspace with a welcome document and a channel, once (law D10): two clients that seed duplicate
 * what they seed, so only the server does, in one append under one key.
 */
export async function seedOnce(store: Store, now: number): Promise<void> {
  const directory = updateOf((doc) => {
    addToDirectory(doc, {
      id: SEED.document,
      kind: 'document',
      title: 'Welcome to Weft',
      order: 0,
    });
    addToDirectory(doc, { id: SEED.channel, kind: 'channel', title: 'general', order: 0 });
  });
  const welcome = updateOf((doc) => {
    doc.getXmlFragment('content').insert(0, WELCOME.map(toElement));
  });
  const resources: readonly { kind: ResourceKind; id: string; parent: string | undefined }[] = [
    { kind: 'workspace', id: MAIN_WORKSPACE, parent: undefined },
    { kind: 'document', id: SEED.document, parent: MAIN },
    { kind: 'conversation', id: SEED.channel, parent: MAIN },
  ];
  for (const resource of resources) {
    await store.registry.createResource({
      tenant: DEFAULT_TENANT,
      owner: SERVER_PRINCIPAL,
      created: now,
      ...resource,
    });
  }
  const common = { key: SEED_KEY, principal: SERVER_PRINCIPAL, kind: 'update', at: now };
  await store.log.append([
    {
      ...common,
      stream: streamName(DEFAULT_TENANT, { kind: 'workspace', id: MAIN_WORKSPACE }),
      ...directory,
    },
    {
      ...common,
      stream: streamName(DEFAULT_TENANT, { kind: 'document', id: SEED.document }),
      ...welcome,
    },
  ]);
}

const MAIN = formatResource({ kind: 'workspace', id: MAIN_WORKSPACE });

/** What a fresh document holds after a write, and the client id it was written under. */
function updateOf(write: (doc: Y.Doc) => void): { bytes: Uint8Array; claims: readonly number[] } {
  const doc = new Y.Doc();
  doc.transact(() => write(doc));
  const written = { bytes: Y.encodeStateAsUpdate(doc), claims: [doc.clientID] };
  doc.destroy();
  return written;
}

/** A block of the welcome document, by the names that the editor's starter kit has. */
type Block =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'paragraph'; readonly text: string }
  | { readonly type: 'bulletList'; readonly items: readonly string[] };

const WELCOME: readonly Block[] = [
  { type: 'heading', text: 'Welcome' },
  {
    type: 'paragraph',
    text: 'This page belongs to everybody who is here. Type, and others see it as you write.',
  },
  {
    type: 'bulletList',
    items: [
      'Open this page in a second window and type in both.',
      'Pull the network and keep writing: everything stays on this device and goes out when you are back.',
      'The words at the lower left say where your latest change is. “Stored” means the server has committed all of it.',
      'Talk beside the page: messages have one order for everybody.',
    ],
  },
  { type: 'paragraph', text: 'Make a new document or a channel with the plus signs at the left.' },
];

function toElement(block: Block): Y.XmlElement {
  switch (block.type) {
    case 'heading':
      return heading(block.text);
    case 'paragraph':
      return element('paragraph', [text(block.text)]);
    case 'bulletList':
      return element(
        'bulletList',
        block.items.map((item) => element('listItem', [element('paragraph', [text(item)])])),
      );
    default: {
      const unreachable: never = block;
      return unreachable;
    }
  }
}

function heading(content: string): Y.XmlElement {
  const made = element('heading', [text(content)]);
  // The editor's schema has a number here. Yjs keeps what it is given; its types know only strings.
  const set: (name: string, value: number) => void = Y.XmlElement.prototype.setAttribute.bind(made);
  set('level', 1);
  return made;
}

function element(name: string, children: (Y.XmlElement | Y.XmlText)[]): Y.XmlElement {
  const made = new Y.XmlElement(name);
  made.insert(0, children);
  return made;
}

function text(content: string): Y.XmlText {
  const made = new Y.XmlText();
  made.insert(0, content);
  return made;
}
