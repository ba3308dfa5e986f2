import * as Y from 'yjs';
import { seededRandom } from '../../random.ts';
import { Client } from './client.ts';
import { TEXT_ROOT, baseText } from './edits.ts';
import type { MergeJob, Merged } from './jobs.ts';
import { bring } from './upload.ts';

const BASE = 10_000;

/** Changes in a row at one place, before the author goes elsewhere. */
const BURST = 6;

/** One change in so many deletes a character. */
const DELETES = 8;

/** Types at changing places: short runs and single deletions, from a seed. */
function typeOffline(doc: Y.Doc, edits: number, random: () => number): void {
  const text = doc.getText(TEXT_ROOT);
  let at = 0;
  for (let edit = 0; edit < edits; edit += 1) {
    if (edit % BURST === 0) at = Math.floor(random() * text.length);
    if (random() * DELETES < 1 && at > 0) {
      at -= 1;
      text.delete(at, 1);
    } else {
      text.insert(at, 'etaoinsh'[Math.floor(random() * 8)] ?? 'e');
      at += 1;
    }
  }
}

function fork(doc: Y.Doc, client: number): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  copy.clientID = client;
  return copy;
}

/** Clocks that an update brings its reader to. */
function reaches(update: Uint8Array, client: number, clock: number): boolean {
  return (Y.parseUpdateMeta(update).to.get(client) ?? 0) >= clock;
}

/** One made changes offline, another made as many online: they meet. */
export async function runMerge(
  job: MergeJob,
  gate: (name: string) => Promise<void>,
): Promise<Merged> {
  const { target, document, edits, seed } = job;
  const random = seededRandom(seed);
  const base = new Y.Doc();
  base.clientID = 1;
  base.getText(TEXT_ROOT).insert(0, baseText(BASE));
  const away = fork(base, 0x5000_0001);
  const present = fork(base, 0x6000_0001);
  typeOffline(away, edits, random);
  typeOffline(present, edits, random);
  await bring(target, document, Y.encodeStateAsUpdate(base));
  const online = await Client.connect(target, document, 'present');
  await online.opened();
  const taken = online.dialect.acks ? online.next(({ kind }) => kind === 'acked') : undefined;
  online.write(Y.encodeStateAsUpdate(present, Y.encodeStateVector(base)));
  await taken;
  await online.quiet();

  const returning = await Client.connect(target, document, 'away');
  const answer = (stateVector: Uint8Array) => {
    returning.answer(Y.encodeStateAsUpdate(away, stateVector));
  };
  online.traffic = { frames: 0, received: 0, sent: 0 };
  const goal = (doc: Y.Doc) => Y.getState(doc.store, doc.clientID);
  const gets = (client: Client, doc: Y.Doc) =>
    client.next(
      (incoming) =>
        (incoming.kind === 'update' || incoming.kind === 'step2') &&
        reaches(incoming.bytes, doc.clientID, goal(doc)),
    );
  await gate('merging');
  const askedEarly = returning.asked;
  const start = performance.now();
  returning.heard = (incoming) => {
    if (incoming.kind === 'step1') answer(incoming.stateVector);
  };
  const acked = returning.dialect.acks ? returning.next(({ kind }) => kind === 'acked') : undefined;
  const arrivals = [gets(returning, present), gets(online, away)];
  returning.open(Y.encodeStateVector(away));
  // y-websocket's server asked as soon as it was connected: the answer has waited for the clock.
  if (askedEarly !== undefined) answer(askedEarly);
  const last = Math.max(...(await Promise.all(arrivals)));
  const answered = await acked;
  await Promise.all([online.quiet(), returning.quiet()]);
  await gate('merged');
  const bytes = [online, returning].reduce(
    (sum, { traffic }) => sum + traffic.sent + traffic.received,
    0,
  );
  await Promise.all([online.close(), returning.close()]);
  return {
    type: 'merge',
    converged: last - start,
    acked: answered === undefined ? null : answered - start,
    bytes,
  };
}
