import { StorageError } from './errors.ts';
import type { LogEntry } from './log.ts';

/**
 * Refuses an append that can never be written, before it joins a group commit: inside one it would fail the
 * appends of everybody who happened to be in the same transaction.
 * @throws StorageError `invalid-entry`
 */
export function checkEntries(entries: readonly LogEntry[]): void {
  const keys = new Set<string>();
  for (const { stream, key, at, claims } of entries) {
    if (!Number.isSafeInteger(at)) {
      throw new StorageError(
        'invalid-entry',
        `An entry for ${stream} has no time in milliseconds.`,
      );
    }
    for (const client of claims ?? []) checkClient(client);
    if (key === undefined) continue;
    const place = JSON.stringify([stream, key]);
    if (keys.has(place)) {
      throw new StorageError(
        'invalid-entry',
        `One append has two entries for ${stream} under one key.`,
      );
    }
    keys.add(place);
  }
}

/** @throws StorageError `invalid-entry` for what no database would give back as it was */
export function checkClient(client: number): void {
  if (!Number.isSafeInteger(client) || client < 0) {
    throw new StorageError('invalid-entry', `${client} is no client id.`);
  }
}
