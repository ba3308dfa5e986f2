import * as Y from 'yjs';
import { TITLE_MAX } from './limits.ts';
import { ID_PATTERN } from './names.ts';

/**
 * The workspace directory: a document at `workspace/<id>` that lists what all members may see, by title and
 * order, never by rights. Root `Y.Map` "entries": id → `Y.Map {kind, title, order, archived?}`; a title is one value, so that
 * two renames at once give one of the two and not a mixture.
 */
export const DIRECTORY_ROOT = 'entries';

export interface DirectoryEntry {
  readonly id: string;
  readonly kind: 'document' | 'channel';
  /** At most `TITLE_MAX` characters. */
  readonly title: string;
  /** Finite. */
  readonly order: number;
  /** Put away: listed apart, and nothing else changes. Absent in what is not. */
  readonly archived?: true;
}

/** All entries by order, then id. Entries that do not fit are left out: any editor may write the map. */
export function readDirectory(doc: Y.Doc): readonly DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const [id, value] of doc.getMap<unknown>(DIRECTORY_ROOT)) {
    const entry = value instanceof Y.Map ? readEntry(id, value) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  return entries.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function readEntry(id: string, value: Y.Map<unknown>): DirectoryEntry | undefined {
  const [kind, title, order] = [value.get('kind'), value.get('title'), value.get('order')];
  const archived = value.get('archived');
  if (!ID_PATTERN.test(id) || (kind !== 'document' && kind !== 'channel')) return undefined;
  if (typeof title !== 'string' || title.length > TITLE_MAX) return undefined;
  if (typeof order !== 'number' || !Number.isFinite(order)) return undefined;
  if (archived !== undefined && archived !== true) return undefined;
  return { id, kind, title, order, ...(archived === undefined ? {} : { archived }) };
}

/**
 * Adds an entry at the end, or at `order`. A title is trimmed and cut to the limit. What a first start seeds has order
 * 0: somebody who adds before the directory has arrived still comes after it.
 */
export function addToDirectory(
  doc: Y.Doc,
  entry: {
    readonly id: string;
    readonly kind: DirectoryEntry['kind'];
    readonly title: string;
    readonly order?: number;
  },
): void {
  doc.transact(() => {
    const last = readDirectory(doc).reduce((most, other) => Math.max(most, other.order), 0);
    const order = entry.order ?? last + 1;
    const value = new Y.Map<unknown>();
    value.set('kind', entry.kind);
    value.set('title', cleanTitle(entry.title));
    value.set('order', order);
    doc.getMap(DIRECTORY_ROOT).set(entry.id, value);
  });
}

/** Renames an entry; an unknown id or an unchanged title changes nothing. */
export function renameInDirectory(doc: Y.Doc, id: string, title: string): void {
  const value = doc.getMap(DIRECTORY_ROOT).get(id);
  const clean = cleanTitle(title);
  if (value instanceof Y.Map && value.get('title') !== clean) value.set('title', clean);
}

/** Puts an entry away, or takes it out again; an unknown id changes nothing. */
export function archiveInDirectory(doc: Y.Doc, id: string, archived: boolean): void {
  const value = doc.getMap(DIRECTORY_ROOT).get(id);
  if (!(value instanceof Y.Map) || (value.get('archived') === true) === archived) return;
  if (archived) value.set('archived', true);
  else value.delete('archived');
}

/**
 * Puts an entry in front of another one of its kind, or at the end. Two people who move the same one at once get one of
 * the two places; others keep theirs. An unknown id changes nothing.
 * @param before the id of the one that follows it then; `undefined` for the end
 */
export function moveInDirectory(doc: Y.Doc, id: string, before: string | undefined): void {
  doc.transact(() => {
    const entries = readDirectory(doc);
    const moved = entries.find((entry) => entry.id === id);
    if (moved === undefined || before === id) return;
    const others = entries.filter((entry) => entry.id !== id && entry.kind === moved.kind);
    const found = others.findIndex((entry) => entry.id === before);
    const place = found === -1 ? others.length : found;
    const previous = others[place - 1]?.order;
    const next = others[place]?.order;
    const order = between(previous, next);
    if (order !== undefined) {
      if (order !== moved.order) setOrder(doc, id, order);
      return;
    }
    // No number lies between the two any more: all of them are numbered anew.
    const ids = others.map((entry) => entry.id).toSpliced(place, 0, id);
    for (const [index, each] of ids.entries()) setOrder(doc, each, index + 1);
  });
}

/** A number between two; `undefined` where there is none. */
function between(previous: number | undefined, next: number | undefined): number | undefined {
  if (previous === undefined) return next === undefined ? 1 : next - 1;
  if (next === undefined) return previous + 1;
  const middle = (previous + next) / 2;
  return previous < middle && middle < next ? middle : undefined;
}

function setOrder(doc: Y.Doc, id: string, order: number): void {
  const value = doc.getMap(DIRECTORY_ROOT).get(id);
  if (value instanceof Y.Map && value.get('order') !== order) value.set('order', order);
}

/** Calls back after every change of the directory; returns the unsubscribe. */
export function observeDirectory(doc: Y.Doc, changed: () => void): () => void {
  const root = doc.getMap(DIRECTORY_ROOT);
  root.observeDeep(changed);
  return () => root.unobserveDeep(changed);
}

function cleanTitle(title: string): string {
  return title.trim().slice(0, TITLE_MAX);
}
