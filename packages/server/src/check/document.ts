import { isDeepStrictEqual } from 'node:util';
import {
  type ConversationEvent,
  EMPTY_SEGMENT,
  SEGMENT_ROOT,
  SEGMENT_ROOTS,
  writeEvent,
} from '@weft/protocol';
import * as Y from 'yjs';
import { type ReadableLog, readStream } from '../engine/load.ts';
import { reasonOf } from '../logger.ts';

/** What is wrong with a document's stream: nothing, when it loads whole. */
export async function checkDocument(log: ReadableLog, stream: string): Promise<readonly string[]> {
  const { doc, problems } = await loadWhole(log, stream);
  doc.destroy();
  return problems;
}

/** A segment loads whole, and holds what its events write and nothing else (law C2). */
export async function checkSegment(
  log: ReadableLog,
  stream: string,
  events: readonly ConversationEvent[],
): Promise<readonly string[]> {
  const { doc, problems } = await loadWhole(log, stream);
  const expected = writtenBy(events);
  const wrong = [...problems];
  for (const root of SEGMENT_ROOTS) {
    const [found, due] = [doc.getMap(root), expected.getMap(root)];
    for (const key of due.keys()) {
      const name = root === SEGMENT_ROOT ? `message ${key}` : `${root} ${key}`;
      if (!found.has(key)) wrong.push(`${stream}: ${name} is missing`);
      else if (!isDeepStrictEqual(found.get(key), due.get(key))) {
        wrong.push(`${stream}: ${name} is not the one of its event`);
      }
    }
    for (const key of found.keys()) {
      const name = root === SEGMENT_ROOT ? `message ${key}` : `${root} ${key}`;
      if (!due.has(key)) wrong.push(`${stream}: ${name} has no event`);
    }
  }
  doc.destroy();
  expected.destroy();
  return wrong;
}

/** The segment that its events make, in their order. */
function writtenBy(events: readonly ConversationEvent[]): Y.Doc {
  const doc = new Y.Doc();
  let state = EMPTY_SEGMENT;
  for (const event of events) {
    const { update, next } = writeEvent(state, event);
    state = next;
    if (update !== undefined) Y.applyUpdate(doc, update);
  }
  return doc;
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
