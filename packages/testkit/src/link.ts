import type { Socket } from 'node:net';

/** What is held back: what the client says, what the server says, or both. */
export type Held = 'up' | 'down' | 'both';

/** Two sockets that say to each other what they hear, and can be made to fall silent or to die. */
export interface Link {
  /** Stops forwarding while both sockets stay open: what a sleeping laptop's peer sees. */
  pause(held: Held): void;
  /** Forwards again, beginning with what was held back. */
  resume(): void;
  /** Closes both sockets at once, without the goodbye of TCP. Idempotent. */
  destroy(): void;
}

/** @param gone called once, when both sockets are closed */
export function linkSockets(client: Socket, server: Socket, gone: () => void): Link {
  let held: Held | 'nothing' = 'nothing';
  let open = 2;

  const forward = (from: Socket, to: Socket, direction: 'up' | 'down') => {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (held !== 'both' && held !== direction) from.resume();
    });
    from.on('end', () => to.end());
    // An error is always followed by `close`; without a listener it would end the process.
    from.on('error', () => {});
    from.on('close', () => {
      open -= 1;
      if (open === 0) gone();
      // A half-open link must look alive: the other side learns of the death only once it is resumed.
      else if (held === 'nothing') to.destroySoon();
    });
    if (from.destroyed) to.destroy();
  };
  forward(client, server, 'up');
  forward(server, client, 'down');

  return {
    pause: (next) => {
      held = next;
      if (next !== 'down') client.pause();
      if (next !== 'up') server.pause();
    },
    resume: () => {
      held = 'nothing';
      if (client.destroyed || server.destroyed) {
        client.destroy();
        server.destroy();
        return;
      }
      client.resume();
      server.resume();
    },
    destroy: () => {
      held = 'nothing';
      client.resetAndDestroy();
      server.resetAndDestroy();
    },
  };
}
