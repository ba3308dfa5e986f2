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
 * Milliseconds that it waits for one more, after the last came: of a crowd that arrives together the first is served
 * while the tokens of the others are being verified, and all of them would wait for the loading then.
 */
const CROWD_MS = 5;

/**
 * Snapshots for newcomers. A joiner with nothing gets the stored bytes straight from the log, while the engine may
 * still be loading the document, and the engine is asked for the difference only. Hocuspocus would encode the whole
 * document again for each of them.
 */
export class Snapshots {
  readonly #log: Log;
  readonly #recent = new Map<string, Promise<ReadySnapshot | undefined>>();
  readonly #crowds = new Map<string, Crowd>();

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
    let crowd = this.#crowds.get(stream);
    if (crowd === undefined) {
      crowd = new Crowd(() => this.#crowds.delete(stream));
      this.#crowds.set(stream, crowd);
    }
    crowd.join(newcomer);
  }

  /** Resolves when the crowd at the stream is served, or after a moment: one of them may read slowly. */
  async served(stream: string): Promise<void> {
    await this.#crowds.get(stream)?.served;
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

/** Those who come to one document within moments of each other. */
class Crowd {
  /** Resolves when nobody is being served, and nobody came for a moment; or when it took too long. */
  readonly served: Promise<void>;
  readonly #disperse: () => void;
  readonly #limit: NodeJS.Timeout;
  #quiet: NodeJS.Timeout | undefined;
  #present = 0;

  /** @param dispersed called when it is served */
  constructor(dispersed: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.served = promise;
    this.#disperse = () => {
      clearTimeout(this.#limit);
      clearTimeout(this.#quiet);
      dispersed();
      resolve();
    };
    this.#limit = setTimeout(this.#disperse, SERVING_MS);
  }

  join(newcomer: Promise<unknown>): void {
    clearTimeout(this.#quiet);
    this.#present += 1;
    const leave = () => {
      this.#present -= 1;
      if (this.#present === 0) this.#quiet = setTimeout(this.#disperse, CROWD_MS);
    };
    newcomer.then(leave, leave);
  }
}
