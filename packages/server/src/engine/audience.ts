import type { Connection } from '@hocuspocus/server';

/** Whom the updates that are being sent at this moment are not for. */
type Without =
  | { readonly who: 'nobody' | 'everybody' }
  | { readonly who: 'one'; readonly socket: unknown };

const NOBODY: Without = { who: 'nobody' };

/**
 * The engine sends what it broadcasts to all who have a document open. Who is left out is said here while it does, and
 * looked up by each socket: broadcasting is one synchronous call.
 */
export class Audience {
  #without: Without = NOBODY;

  /** Has the engine broadcast, and one connection's socket take no updates meanwhile. */
  withoutOne(connection: Connection | undefined, broadcast: () => void): void {
    if (connection === undefined) broadcast();
    else this.#during({ who: 'one', socket: connection.webSocket }, broadcast);
  }

  /** Has the engine broadcast what everybody was sent already. */
  withoutAll(broadcast: () => void): void {
    this.#during({ who: 'everybody' }, broadcast);
  }

  /** Whether updates are not for a socket just now. */
  lacks(socket: unknown): boolean {
    const without: Without = this.#without;
    switch (without.who) {
      case 'nobody':
        return false;
      case 'everybody':
        return true;
      case 'one':
        return without.socket === socket;
      default: {
        const unreachable: never = without;
        return unreachable;
      }
    }
  }

  #during(without: Without, broadcast: () => void): void {
    const before = this.#without;
    // Applying may have the engine send at once what everybody has: nobody is let in again by that.
    if (before.who !== 'everybody') this.#without = without;
    try {
      broadcast();
    } finally {
      this.#without = before;
    }
  }
}
