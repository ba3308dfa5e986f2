import { SyncType, encodeSyncUpdate } from '@weft/protocol';
import type { Log } from '@weft/storage';
import * as Y from 'yjs';

/** A stored snapshot, ready to be sent to everybody who joins just now. */
export interface ReadySnapshot {
  /** What the snapshot holds: the engine answers with the rest. */
  readonly stateVector: Uint8Array;
  /** The snapshot as a frame of the document's address: one buffer for all. */
  frame(address: string): Uint8Array;
}

/** Bytes below which the engine's own answer is as quick. */
const WORTH_BYTES = 16 * 1024;

/** Milliseconds that a snapshot stays in memory after it was read: joiners come in crowds. */
const KEEP_MS = 2_000;

/** Milliseconds that loading a document waits for newcomers to be sent its snapshot. */
const SERVING_MS = 50;

/**
 * Snapshots for newcomers. A joiner with nothing gets the stored bytes straight from the log, while the engine may
 * still be loading the document, and the engine is asked for the difference only. Hocuspocus would encode the whole
 * document again for each of them.
 */
export class Snapshots {
  readonly #log: Log;
  readonly #recent = new Map<string, Promise<ReadySnapshot | undefined>>();
  /** Newcomers who are being sent a stream's snapshot. */
  readonly #serving = new Map<string, Set<Promise<void>>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The stream's snapshot; `undefined` where there is none worth sending. */
  get(stream: string): Promise<ReadySnapshot | undefined> {
    const recent = this.#recent.get(stream);
    if (recent !== undefined) return recent;
    const reading = this.#read(stream);
    this.#recent.set(stream, reading);
    setTimeout(() => this.#recent.delete(stream), KEEP_MS).unref();
    return reading;
  }

  /** A newcomer is being sent the stream's snapshot. */
  serving(stream: string, newcomer: Promise<unknown>): void {
    const newcomers = this.#serving.get(stream) ?? new Set();
    this.#serving.set(stream, newcomers);
    const end = () => {
      newcomers.delete(served);
      if (newcomers.size === 0) this.#serving.delete(stream);
    };
    const served = newcomer.then(end, end);
    newcomers.add(served);
  }

  /** Resolves when no newcomer of the stream is being served, or after a moment: one of them may read slowly. */
  async served(stream: string): Promise<void> {
    if (!this.#serving.has(stream)) return;
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const moment = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve();
      }, SERVING_MS);
    });
    for (;;) {
      const newcomers = this.#serving.get(stream);
      if (newcomers === undefined || late) break;
      await Promise.race([Promise.all(newcomers), moment]);
    }
    clearTimeout(timer);
  }

  async #read(stream: string): Promise<ReadySnapshot | undefined> {
    const snapshot = await this.#log.snapshot(stream);
    if (snapshot === undefined || snapshot.bytes.length < WORTH_BYTES) return undefined;
    const frames = new Map<string, Uint8Array>();
    let stateVector: Uint8Array | undefined;
    return {
      // Found when it is first asked for, which is after the first newcomer was served: it takes as long as reading it.
      get stateVector() {
        return (stateVector ??= Y.encodeStateVectorFromUpdate(snapshot.bytes));
      },
      frame: (address) => {
        const known = frames.get(address);
        if (known !== undefined) return known;
        const frame = encodeSyncUpdate(address, SyncType.Update, snapshot.bytes);
        frames.set(address, frame);
        return frame;
      },
    };
  }
}
