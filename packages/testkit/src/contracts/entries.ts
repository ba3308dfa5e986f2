import type { AppendResult, Log, LogEntry, LogRecord } from '@weft/storage';

/** Small words for the log suites: entries, and answers unpacked or refused. */

/** An entry that says only what a test is about. */
export function entry(stream: string, text: string, more: Partial<LogEntry> = {}): LogEntry {
  return {
    stream,
    principal: 'ann',
    kind: 'update',
    at: 1_700_000_000_000,
    bytes: new TextEncoder().encode(text),
    ...more,
  };
}

/** The numbers of an append that must have been made. */
export function numbersOf(result: AppendResult): readonly number[] {
  if (result.outcome !== 'appended') throw new Error(`expected appended, got ${result.outcome}`);
  return result.numbers;
}

/** The text of a record made by `entry`. */
export function textOf(record: LogRecord): string {
  return new TextDecoder().decode(record.bytes);
}

/** Number and text of every record of a stream. */
export async function listing(log: Log, stream: string): Promise<readonly string[]> {
  const records = await log.read(stream, 0, 1_000_000);
  return records.map((record) => `${record.number} ${textOf(record)}`);
}
