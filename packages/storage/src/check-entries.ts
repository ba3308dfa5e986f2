import { StorageError } from './errors.ts';
import type { LogEntry } from './log.ts';

/**
 * Refuses an append that can never be written, before it joins a group commit: inside one it would fail the
 * appends of everybody who happened to be in the same transaction.
 * @throws StorageError `invalid-entry`
 */
export function checkEntries(entries: readonly LogEntry[]): void {
  const keys = new Set<string>();
  for (const { stream, key, at } of entries) {
    if (!Number.isSafeInteger(at)) {
      throw new StorageError('invalid-entry', `An entry for ${stream} has no time in milliseconds.`);
    }
    if (key === undefined) continue;
    const place = JSON.stringify([stream, key]);
    if (keys.has(place)) {
      throw new StorageError('invalid-entry', `One append has two entries for ${stream} under one key.`);
    }
    keys.add(place);
  }
}
