import { isBytes, isNumber, isText, shape } from '@weft/protocol';
import type { Quarantined } from '../device.ts';
import { inTimeOrder } from '../device-rules.ts';
import { STORES, alone, result } from './database.ts';

const isQuarantined = shape({
  id: isText,
  document: isText,
  code: isText,
  message: isText,
  at: isNumber,
  text: isText,
  bytes: isBytes,
});

/** Keeps an entry, in one request. */
export function keep(tx: IDBTransaction, entry: Quarantined): void {
  tx.objectStore(STORES.quarantine).put({ ...entry, bytes: alone(entry.bytes) }, entry.id);
}

/** All entries that can be read. */
export async function quarantined(tx: IDBTransaction): Promise<readonly Quarantined[]> {
  const entries: unknown[] = await result(tx.objectStore(STORES.quarantine).getAll());
  return inTimeOrder(entries.filter(isQuarantined));
}
