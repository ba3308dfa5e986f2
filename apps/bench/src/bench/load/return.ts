import * as Y from 'yjs';
import { Client } from './client.ts';
import { TEXT_ROOT } from './edits.ts';
import type { ReturnJob, Returned } from './jobs.ts';
import { ComparingReturner, ResumingReturner, type Returner } from './returner.ts';

/** How many open their documents at a time, before anything counts. */
const OPENING = 20;

/**
 * Many people with their documents open are cut off. Each document is changed once meanwhile by somebody who is not; then
 * all come back at once. The gates stand right before that and right after.
 */
export async function runReturn(
  job: ReturnJob,
  gate: (name: string) => Promise<void>,
): Promise<Returned> {
  const { target, documents, update } = job;
  const stateVector = Y.encodeStateVectorFromUpdate(update);
  const people: Returner[] = documents.flatMap((document, index) =>
    Array.from({ length: job.clients }, (_, nth) => {
      const sub = `person-${index}-${nth}`;
      return job.sessions
        ? new ResumingReturner(target, document, sub)
        : new ComparingReturner(target, document, sub, stateVector);
    }),
  );
  const keepers: Client[] = [];
  for (const [index, document] of documents.entries()) {
    const keeper = await Client.connect(target, document, `keeper-${index}`);
    await keeper.opened();
    keepers.push(keeper);
  }
  for (let from = 0; from < people.length; from += OPENING) {
    await Promise.all(people.slice(from, from + OPENING).map((person) => person.open()));
  }
  await Promise.all(people.map((person) => person.cut()));
  await Promise.all(keepers.map((keeper) => keeper.quiet()));
  const missed = editOf(update);
  for (const keeper of keepers) {
    const acked = keeper.dialect.acks ? keeper.next(({ kind }) => kind === 'acked') : undefined;
    keeper.write(missed);
    await acked;
    await keeper.quiet();
  }
  await gate('back');
  const start = performance.now();
  const live = await Promise.all(people.map((person) => person.comeBack()));
  await Promise.all(keepers.map((keeper) => keeper.quiet()));
  await gate('live');
  await Promise.all([...people, ...keepers].map((each) => each.close()));
  return { type: 'return', live: live.map((at) => at - start) };
}

/** What somebody types into a document: it is the same in documents that are. */
function editOf(document: Uint8Array): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, document);
  const before = Y.encodeStateVector(doc);
  doc.getText(TEXT_ROOT).insert(0, 'missed ');
  return Y.encodeStateAsUpdate(doc, before);
}
