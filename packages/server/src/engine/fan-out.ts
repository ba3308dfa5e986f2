import { Connection, type Document } from '@hocuspocus/server';
import { SyncType, encodeSyncUpdate } from '@weft/protocol';
import type { Audience } from './audience.ts';

/** Updates that are merged into one frame at most. */
const MERGE_MAX = 128;

/** Bytes from which an update is sent before it is applied: applying it takes milliseconds. */
const LARGE_BYTES = 16 * 1024;

/** Who wrote what waits to be sent. */
type Authors =
  | { readonly who: 'nobody' }
  | { readonly who: 'one'; readonly connection: Connection }
  | { readonly who: 'several' };

const NOBODY: Authors = { who: 'nobody' };

/**
 * Sends what a commit brought to whoever has the document open: as soon as all of it is applied, in parts, and not to
 * the socket that alone wrote it (law S5). The engine would wait for another round of the event loop, in which
 * everything that came meanwhile is read first; and it would merge all updates of a turn into one frame, in time that
 * grows with their square: one stall made the next one longer until nothing moved.
 */
export class FanOut {
  readonly #document: Document;
  readonly #audience: Audience;
  #authors: Authors = NOBODY;
  #updates = 0;
  #scheduled = false;

  constructor(document: Document, audience: Audience) {
    this.#document = document;
    this.#audience = audience;
    document.on('update', (_update: Uint8Array, origin: unknown) => {
      this.#authors = withAuthor(this.#authors, origin);
      this.#updates += 1;
      if (this.#updates % MERGE_MAX === 0) this.flush();
      else this.#schedule();
    });
  }

  /** Sends what was applied and waits. */
  flush(): void {
    const authors = this.#authors;
    this.#authors = NOBODY;
    this.#audience.withoutOne(authors.who === 'one' ? authors.connection : undefined, () =>
      this.#document.flush(),
    );
  }

  /**
   * Shows a committed update and applies it. A large one is sent first, as it was committed: to others it makes no
   * difference, and they have it by the time that this process has worked it in.
   */
  show(update: Uint8Array, origin: unknown, apply: () => void): void {
    if (update.length < LARGE_BYTES) {
      apply();
      return;
    }
    this.flush();
    const author = connectionOf(origin);
    let last: { readonly address: string; readonly frame: Uint8Array } | undefined;
    for (const connection of this.#document.getConnections()) {
      if (connection === author) continue;
      const address = connection.messageAddress;
      if (last?.address !== address) {
        last = { address, frame: encodeSyncUpdate(address, SyncType.Update, update) };
      }
      connection.send(last.frame);
    }
    this.#audience.withoutAll(() => {
      apply();
      this.#document.flush();
    });
    this.#authors = NOBODY;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // All writes of a commit are applied in one go of the microtasks: this one comes behind them.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}

function withAuthor(authors: Authors, origin: unknown): Authors {
  const connection = connectionOf(origin);
  if (connection === undefined || authors.who === 'several') return { who: 'several' };
  if (authors.who === 'nobody') return { who: 'one', connection };
  return authors.connection === connection ? authors : { who: 'several' };
}

/** The connection that an update came by; `undefined` for the server's own. */
function connectionOf(origin: unknown): Connection | undefined {
  if (typeof origin !== 'object' || origin === null || !('connection' in origin)) return undefined;
  return origin.connection instanceof Connection ? origin.connection : undefined;
}
