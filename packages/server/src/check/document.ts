import { isDeepStrictEqual } from 'node:util';
import { type ConversationEvent, SEGMENT_ROOT, messageSchema } from '@weft/protocol';
import * as Y from 'yjs';
import { type ReadableLog, readStream } from '../engine/load.ts';
import { reasonOf } from '../logger.ts';

/** What is wrong with a document's stream: nothing, when it loads whole. */
export async function checkDocument(log: ReadableLog, stream: string): Promise<readonly string[]> {
  const { doc, problems } = await loadWhole(log, stream);
  doc.destroy();
  return problems;
}

/** A segment loads whole, and holds the newest message of each of its sequences and nothing else (law C2). */
export async function checkSegment(
  log: ReadableLog,
  stream: string,
  events: readonly ConversationEvent[],
): Promise<readonly string[]> {
  const { doc, problems } = await loadWhole(log, stream);
  const wrong = [...problems];
  const expected = new Map(events.map((event) => [String(event.sequence), event.message]));
  const found = doc.getMap(SEGMENT_ROOT);
  for (const [sequence, message] of expected) {
    const parsed = messageSchema.safeParse(found.get(sequence));
    if (!found.has(sequence)) wrong.push(`${stream}: message ${sequence} is missing`);
    else if (!parsed.success || !isDeepStrictEqual(parsed.data, message)) {
      wrong.push(`${stream}: message ${sequence} is not the one of its event`);
    }
  }
  for (const sequence of found.keys()) {
    if (!expected.has(sequence)) wrong.push(`${stream}: message ${sequence} has no event`);
  }
  doc.destroy();
  return wrong;
}

/** Applies a stream update by update, so that the one that cannot be read can be named. */
async function loadWhole(
  log: ReadableLog,
  stream: string,
): Promise<{ readonly doc: Y.Doc; readonly problems: readonly string[] }> {
  const doc = new Y.Doc();
  const problems: string[] = [];
  try {
    const { updates, number } = await readStream(log, stream, 0);
    doc.transact(() => {
      for (const [index, update] of updates.entries()) {
        try {
          Y.decodeUpdate(update);
          Y.applyUpdate(doc, update);
        } catch (error) {
          const which = number - updates.length + 1 + index;
          problems.push(`${stream}: record ${which} cannot be read (${reasonOf(error)})`);
        }
      }
    });
  } catch (error) {
    problems.push(`${stream}: ${reasonOf(error)}`);
  }
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    problems.push(`${stream}: something is missing between its updates`);
  }
  return { doc, problems };
}
