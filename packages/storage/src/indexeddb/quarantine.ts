import * as z from 'zod/mini';
import type { Quarantined } from '../device.ts';
import { inTimeOrder } from '../device-rules.ts';
import { STORES, alone, result } from './database.ts';

const quarantinedSchema = z.object({
  id: z.string(),
  document: z.string(),
  code: z.string(),
  message: z.string(),
  at: z.number(),
  text: z.string(),
  bytes: z.instanceof(Uint8Array),
});

/** Keeps an entry, in one request. */
export function keep(tx: IDBTransaction, entry: Quarantined): void {
  tx.objectStore(STORES.quarantine).put({ ...entry, bytes: alone(entry.bytes) }, entry.id);
}

/** All entries that can be read. */
export async function quarantined(tx: IDBTransaction): Promise<readonly Quarantined[]> {
  const entries: unknown[] = await result(tx.objectStore(STORES.quarantine).getAll());
  return inTimeOrder(
    entries.flatMap((entry) => {
      const parsed = quarantinedSchema.safeParse(entry);
      return parsed.success ? [parsed.data] : [];
    }),
  );
}
