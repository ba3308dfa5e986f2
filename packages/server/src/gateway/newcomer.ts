import type { ReadySnapshot } from '../engine/snapshots.ts';
import { reasonOf } from '../logger.ts';
import { plainName } from './document-key.ts';
import type { Line } from './line.ts';
import type { OpenDocuments } from './open-documents.ts';
import type { Known } from './sign-in.ts';

/** A client with nothing, whose rights are known, asks for everything. */
export interface Newcomer {
  readonly line: Line;
  readonly documents: OpenDocuments;
  readonly known: Known;
  readonly key: string;
  readonly send: (frame: Uint8Array) => void;
}

/**
 * Sends a newcomer the stored snapshot at once, before the document is loaded; the engine is to be asked for the rest.
 * Resolves when it has left; with `undefined` where there is none, and the engine's own answer will do.
 */
export async function sendSnapshot(newcomer: Newcomer): Promise<ReadySnapshot | undefined> {
  const { engine } = newcomer.known;
  const name = plainName(newcomer.key);
  const sent = send(newcomer);
  engine.serving(name, sent);
  const snapshot = await sent;
  // What the snapshot holds is found by reading it, and that too would hold up those who are still to be served.
  if (snapshot !== undefined) await engine.served(name);
  return snapshot;
}

async function send({
  line,
  documents,
  known,
  key,
  send: leave,
}: Newcomer): Promise<ReadySnapshot | undefined> {
  let snapshot: ReadySnapshot | undefined;
  try {
    snapshot = await known.engine.snapshot(plainName(key));
  } catch (error) {
    line.host.logger.error('A snapshot could not be read.', { reason: reasonOf(error) });
  }
  // It may have been closed meanwhile, and opened again by somebody whose rights are not known yet.
  if (snapshot === undefined || documents.get(key)?.role === undefined) return undefined;
  leave(snapshot.frame(key));
  await line.wire.drained?.();
  return snapshot;
}
