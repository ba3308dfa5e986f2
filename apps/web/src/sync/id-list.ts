import type { Storage } from '../session/guest.ts';

/** A set of ids that survives a reload. */
export interface IdList {
  has(id: string): boolean;
  all(): readonly string[];
  add(id: string): void;
  delete(id: string): void;
}

/** Kept under one key as JSON. What is there and cannot be read counts as empty. */
export function createIdList(storage: Storage, key: string): IdList {
  const ids = new Set(read(storage.getItem(key)));
  const save = () => storage.setItem(key, JSON.stringify([...ids]));
  return {
    has: (id) => ids.has(id),
    all: () => [...ids],
    add(id) {
      if (ids.has(id)) return;
      ids.add(id);
      save();
    },
    delete(id) {
      if (ids.delete(id)) save();
    },
  };
}

function read(text: string | null): readonly string[] {
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
