import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { HistoryCheck, type HistoryReport, readHistoryLine } from '@weft/testkit/history';
import { UsageError } from '../config.ts';

/**
 * Holds a recorded history to the laws, line by line, however long it is.
 * @throws UsageError for a file that cannot be read, or is none
 */
export async function checkHistory(file: string): Promise<HistoryReport> {
  const check = new HistoryCheck();
  let number = 0;
  try {
    for await (const line of createInterface({
      input: createReadStream(file),
      crlfDelay: Infinity,
    })) {
      number += 1;
      if (line.trim() !== '') check.take(readHistoryLine(line, number), number);
    }
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (number === 0)
    throw new UsageError(`${file} is empty: a history begins with a line that names its version.`);
  return check.report();
}
