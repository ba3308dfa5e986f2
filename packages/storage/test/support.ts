import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogEntry } from '@weft/storage';
import { onTestFinished } from 'vitest';

/** A directory of this test's own, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-storage-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An entry that says only what a test is about. */
export function entry(stream: string, text: string, more: Partial<LogEntry> = {}): LogEntry {
  return {
    stream,
    principal: 'ann',
    kind: 'update',
    at: 0,
    bytes: new TextEncoder().encode(text),
    ...more,
  };
}

/** Name → hash of everything in a directory. */
export function contentsOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}
