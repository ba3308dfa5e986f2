import type { DeviceStore } from '@weft/storage';

/** What is on this device and not known to be on the server. */
export interface NotStored {
  /** Changes to documents. */
  readonly changes: number;
  readonly messages: number;
}

/**
 * Counts it from the device itself, so that nothing is left out which is not on the screen.
 * Rejects with `device-failed` when the device cannot be read.
 */
export async function countNotStored(
  store: Pick<DeviceStore, 'pending' | 'load' | 'outboxSize'>,
): Promise<NotStored> {
  const [names, messages] = await Promise.all([store.pending(), store.outboxSize()]);
  const documents = await Promise.all(names.map((name) => store.load(name)));
  return {
    changes: documents.reduce((sum, { unstored }) => sum + unstored, 0),
    messages,
  };
}

/** A sentence on it; `undefined` when there is nothing to say. */
export function notStoredWords({ changes, messages }: NotStored): string | undefined {
  const parts = [counted(changes, 'change'), counted(messages, 'message')].filter(
    (part) => part !== undefined,
  );
  if (parts.length === 0) return undefined;
  const verb = changes + messages === 1 ? 'has' : 'have';
  return `${parts.join(' and ')} ${verb} not reached the server yet; nobody else would see ${
    changes + messages === 1 ? 'it' : 'them'
  }.`;
}

function counted(count: number, noun: string): string | undefined {
  if (count === 0) return undefined;
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
