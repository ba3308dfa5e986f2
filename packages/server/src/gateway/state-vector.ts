import type { Connection } from '@hocuspocus/server';
import { SyncType, WeftError, encodeSyncStep1, encodeSyncUpdate } from '@weft/protocol';
import * as Y from 'yjs';
import type { Engine } from '../engine/engine.ts';

/**
 * Answers a state vector: with what its sender lacks, and before that with what the server has, so that it brings what
 * the server lacks.
 * @param back whether it is asked back
 * @throws WeftError `frame-invalid` for bytes that are no state vector
 */
export function answerStateVector(
  engine: Engine,
  connection: Connection,
  stateVector: Uint8Array,
  back: boolean,
): void {
  const { document, messageAddress } = connection;
  let missing: Uint8Array;
  try {
    missing = engine.difference(document, stateVector);
  } catch (cause) {
    throw new WeftError('frame-invalid', 'A state vector could not be read.', { cause });
  }
  if (back) connection.send(encodeSyncStep1(messageAddress, Y.encodeStateVector(document)));
  connection.send(encodeSyncUpdate(messageAddress, SyncType.Step2, missing));
}
