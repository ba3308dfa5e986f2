import type { Connection, Document } from '@hocuspocus/server';
import * as encoding from 'lib0/encoding';

/** Milliseconds within which what clients show is passed on once: a hundred carets would be ten thousand frames a round. */
export const WINDOW_MS = 50;

/** One client's state, as its connection showed it last. */
export interface Shown {
  readonly connection: Connection;
  readonly client: number;
  readonly clock: number;
  readonly leaves: boolean;
  /** Makes the JSON that others are shown. Asked only of what is passed on. */
  readonly state: () => string;
  /** Told when the engine could not take it. */
  readonly failed: (error: unknown) => void;
}

const windows = new WeakMap<Document, PresenceWindow>();

/** The window of a document: states of its clients that are not passed on yet, of each client the newest. */
export function presenceWindow(document: Document): PresenceWindow {
  const found = windows.get(document);
  if (found !== undefined) return found;
  const made = new PresenceWindow(document);
  windows.set(document, made);
  return made;
}

/**
 * Passes states of presence on: the first one after a pause at once, those that follow together at the end of the window.
 * Every reader pays for each frame, and nobody sees a caret in more than twenty places a second.
 */
export class PresenceWindow {
  readonly #document: Document;
  readonly #waiting = new Map<number, Shown>();
  #timer: NodeJS.Timeout | undefined;

  constructor(document: Document) {
    this.#document = document;
  }

  add(shown: Shown): void {
    const before = this.#waiting.get(shown.client);
    if (before !== undefined && before.clock >= shown.clock) return;
    this.#waiting.set(shown.client, shown);
  }

  /** Passes on what was added, now or at the end of the window. @param now for a leave: somebody else may take the id */
  pass(now: boolean): void {
    if (now || this.#timer === undefined) this.#flush();
    if (this.#timer === undefined) this.#begin();
  }

  #begin(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#waiting.size === 0) return;
      this.#flush();
      this.#begin();
    }, WINDOW_MS);
    this.#timer.unref();
  }

  /** The engine notes whose each client is, so each connection's are handed to it alone; it broadcasts all of them once. */
  #flush(): void {
    const byConnection = Map.groupBy(this.#waiting.values(), ({ connection }) => connection);
    this.#waiting.clear();
    for (const [connection, states] of byConnection) {
      // Whoever left meanwhile is not shown again.
      if (!this.#document.hasConnection(connection)) continue;
      try {
        this.#document.applyAwarenessUpdate(connection, encode(states));
        // Who left and is back counts as changed, not as new, and the engine would not take them away at a cut.
        const clients: Set<unknown> = this.#document.getClients(connection);
        for (const { client, leaves } of states) if (!leaves) clients.add(client);
      } catch (error) {
        states[0]?.failed(error);
      }
    }
  }
}

function encode(states: readonly Shown[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, states.length);
  for (const { client, clock, state } of states) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, state());
  }
  return encoding.toUint8Array(encoder);
}
