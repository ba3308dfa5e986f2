import * as Y from 'yjs';
import * as z from 'zod/mini';
import { TITLE_MAX } from './limits.ts';
import { ID_PATTERN } from './names.ts';

/**
 * The workspace directory: a document at `workspace/<id>` that lists what all members may see, by title and
 * order, never by rights. Root `Y.Map` "entries": id → `Y.Map {kind, title, order}`; a title is one value, so that
 * two renames at once give one of the two and not a mixture.
 */
export const DIRECTORY_ROOT = 'entries';

export const directoryEntrySchema = z.object({
  id: z.string().check(z.regex(ID_PATTERN)),
  kind: z.enum(['document', 'channel']),
  title: z.string().check(z.maxLength(TITLE_MAX)),
  order: z.number(),
});
export type DirectoryEntry = z.infer<typeof directoryEntrySchema>;

/** All entries by order, then id. Entries that do not fit the schema are left out: any editor may write the map. */
export function readDirectory(doc: Y.Doc): readonly DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const [id, value] of doc.getMap<unknown>(DIRECTORY_ROOT)) {
    if (!(value instanceof Y.Map)) continue;
    const parsed = directoryEntrySchema.safeParse({ ...value.toJSON(), id });
    if (parsed.success) entries.push(parsed.data);
  }
  return entries.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
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

/** Calls back after every change of the directory; returns the unsubscribe. */
export function observeDirectory(doc: Y.Doc, changed: () => void): () => void {
  const root = doc.getMap(DIRECTORY_ROOT);
  root.observeDeep(changed);
  return () => root.unobserveDeep(changed);
}

function cleanTitle(title: string): string {
  return title.trim().slice(0, TITLE_MAX);
}
