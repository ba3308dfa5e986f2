import type { Connection } from '@hocuspocus/server';
import { MessageType, encodeAwareness, encodeBare } from '@weft/protocol';
import { encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import type { Line } from './line.ts';
import type { OpenDocuments } from './open-documents.ts';

/**
 * Presence over a cut: a person is shown for a while though nothing comes from them, then taken away; and a client that
 * is back is told where everybody is, since what happened meanwhile was not kept for it.
 */
export class PresenceBridge {
  readonly #line: Line;
  readonly #documents: OpenDocuments;
  /** Who was shown in each document when the cut was noticed; `undefined` while there is none. */
  #shown: Map<string, readonly number[]> | undefined;

  constructor(line: Line, documents: OpenDocuments) {
    this.#line = line;
    this.#documents = documents;
  }

  parked(): void {
    const shown = new Map<string, readonly number[]>();
    this.#shown = shown;
    for (const [key, { connection }] of this.#documents.opened) {
      const { document } = connection;
      shown.set(key, [...document.awareness.getStates().keys()]);
      // Awareness forgets whom it has not heard of for 30 s, and its last word may be 15 s old.
      for (const client of clientsOf(connection)) {
        const meta = document.awareness.meta.get(client);
        if (meta !== undefined) meta.lastUpdated = Date.now();
      }
    }
  }

  absent(): void {
    for (const [, { connection }] of this.#documents.opened) {
      const { document } = connection;
      removeAwarenessStates(document.awareness, [...clientsOf(connection)], null);
    }
  }

  returned(absent: boolean): void {
    for (const [key, { connection }] of this.#documents.opened) {
      const { awareness } = connection.document;
      // Whoever left meanwhile is among those who were shown, and is told of as gone.
      const clients = new Set([...(this.#shown?.get(key) ?? []), ...awareness.getStates().keys()]);
      const known = [...clients].filter((client) => awareness.meta.has(client));
      const { wire } = this.#line;
      if (known.length > 0) {
        wire.send(encodeAwareness(key, encodeAwarenessUpdate(awareness, known)));
      }
      if (absent) wire.send(encodeBare(key, MessageType.QueryAwareness));
    }
    this.#shown = undefined;
  }
}

/** The client ids that a connection speaks for; the engine has no type for them. */
function clientsOf(connection: Connection): ReadonlySet<number> {
  return connection.document.getClients(connection);
}
