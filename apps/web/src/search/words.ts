import type { DocumentThread, SearchResults } from '@weft/client';
import {
  type DirectoryEntry,
  conversationKind,
  errorDefinition,
  findWords,
  searchWords,
} from '@weft/protocol';
import type { DirectEntry } from '../direct/use-directs.ts';
import { pathOf, pathOfMessage, pathOfThread } from '../routing/routes.ts';
import { titleOf } from '../shell/context.ts';

/** Where a message was said, as the screen calls it, and the address that leads there. */
export interface Place {
  readonly name: string;
  readonly kind: 'channel' | 'document' | 'direct' | 'thread';
  readonly path: string;
}

/** The place of a message. What the directory does not list has no name yet, and can be gone to all the same. */
export function placeOf(
  { conversation, sequence }: { readonly conversation: string; readonly sequence: number },
  entries: readonly DirectoryEntry[],
  directs: readonly DirectEntry[],
): Place {
  const kind = conversationKind(conversation);
  if (kind.kind === 'thread') {
    const about = entries.find(({ id }) => id === kind.document);
    const anchor: DocumentThread['anchor'] = kind.anchor;
    const path = `${pathOfThread(kind.document, anchor)}#message-${sequence}`;
    return { name: `Thread in ${titleOf(about)}`, kind: 'thread', path };
  }
  if (kind.kind === 'direct') {
    const person = directs.find(({ id }) => id === conversation)?.person;
    const path = pathOfMessage({ kind: 'channel', id: conversation }, sequence);
    return { name: person?.name ?? 'Direct message', kind: 'direct', path };
  }
  const entry = entries.find(({ id }) => id === conversation);
  const own = entry?.kind ?? 'channel';
  const path = pathOfMessage({ kind: own, id: conversation }, sequence);
  return { name: titleOf(entry), kind: own, path };
}

/** Pages and channels whose title has the words. @param words folded (`readQuery`) */
export function titlesWith(
  entries: readonly DirectoryEntry[],
  words: readonly string[],
): readonly { readonly entry: DirectoryEntry; readonly path: string }[] {
  if (words.length === 0) return [];
  return entries
    .filter(({ title }) => {
      const own = searchWords(title);
      return words.every((word) => own.some((each) => each.startsWith(word)));
    })
    .map((entry) => ({ entry, path: pathOf(entry) }));
}

/** A stretch of a text, marked or not. */
export interface Stretch {
  readonly text: string;
  readonly marked: boolean;
}

/** UTF-16 units before the first word that was found, and of the whole. */
const SNIPPET = { before: 40, most: 200 } as const;

/** What is shown of a message: from a little before the first word that was looked for, with all of these marked. */
export function snippetOf(text: string, words: readonly string[]): readonly Stretch[] {
  const found = findWords(text, words);
  const first = found[0]?.start ?? 0;
  const from = first <= SNIPPET.before ? 0 : afterSpace(text, first - SNIPPET.before, first);
  const to = Math.min(text.length, from + SNIPPET.most);
  const stretches: Stretch[] = from > 0 ? [{ text: '…', marked: false }] : [];
  let at = from;
  const say = (until: number, marked: boolean) => {
    if (until > at) stretches.push({ text: text.slice(at, until), marked });
    at = Math.max(at, until);
  };
  for (const { start, end } of found) {
    if (start >= to) break;
    say(start, false);
    say(Math.min(end, to), true);
  }
  say(to, false);
  if (to < text.length) stretches.push({ text: '…', marked: false });
  return stretches;
}

/** The beginning of a word at or after a place, so that no word is shown cut. */
function afterSpace(text: string, from: number, most: number): number {
  const space = text.slice(from, most).search(/\s\S/u);
  return space < 0 ? from : from + space + 1;
}

/** What is said where nothing was found: no more than was looked through. `undefined` while that is being done. */
export function nothingLine({ device, server, words }: SearchResults): string | undefined {
  // What waits to be sent is on the device alone.
  if (device.state === 'searching') return undefined;
  if (words.length === 0) return 'Type a word to search for';
  if (server.state === 'searched') return 'No message has these words';
  if (device.state === 'failed') return undefined;
  switch (server.state) {
    case 'searching':
      return 'No message on this device has these words. The server is being asked for others.';
    case 'offline':
      return 'No message on this device has these words. The rest is searched when you are online.';
    case 'failed':
      return 'No message on this device has these words. The server could not be asked for others.';
    default: {
      const unreachable: never = server;
      return unreachable;
    }
  }
}

/** One line that says what was searched, and what was not. */
export function searchedLine({ device, server, hits, more }: SearchResults): string {
  const count = hits.length === 1 ? '1 message' : `${hits.length}${more ? '+' : ''} messages`;
  if (server.state === 'searched') {
    if (device.state === 'failed') return `${count} · from the server; this device cannot be read`;
    return `${count} · everywhere you may read`;
  }
  if (device.state === 'searching') {
    return device.of > 0
      ? `Searching this device · ${device.have} of ${device.of}`
      : 'Searching this device';
  }
  if (device.state === 'failed') {
    if (server.state === 'searching') return 'Asking the server';
    return server.state === 'failed'
      ? errorDefinition(server.code).message
      : 'This device cannot be read, and the server not be reached.';
  }
  if (server.state === 'searching') return `${count} on this device · asking the server`;
  return server.state === 'offline'
    ? `${count} on this device · the rest is searched when you are online`
    : `${count} on this device · ${errorDefinition(server.code).message}`;
}
