import type { Socket } from 'node:net';

/** Two sockets that say to each other what they hear, and can be made to fall silent or to die. */
export interface Link {
  /** Stops forwarding both ways while both sockets stay open: what a sleeping laptop's peer sees. */
  pause(): void;
  /** Forwards again, beginning with what was held back. */
  resume(): void;
  /** Closes both sockets at once, without the goodbye of TCP. Idempotent. */
  destroy(): void;
}

/** @param gone called once, when both sockets are closed */
export function linkSockets(a: Socket, b: Socket, gone: () => void): Link {
  let flow: 'forwarding' | 'held' = 'forwarding';
  let open = 2;

  const forward = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (flow === 'forwarding') from.resume();
    });
    from.on('end', () => to.end());
    // An error is always followed by `close`; without a listener it would end the process.
    from.on('error', () => {});
    from.on('close', () => {
      open -= 1;
      if (open === 0) gone();
      // A half-open link must look alive: the other side learns of the death only once it is resumed.
      else if (flow === 'forwarding') to.destroySoon();
    });
    if (from.destroyed) to.destroy();
  };
  forward(a, b);
  forward(b, a);

  return {
    pause: () => {
      flow = 'held';
      a.pause();
      b.pause();
    },
    resume: () => {
      flow = 'forwarding';
      if (a.destroyed || b.destroyed) {
        a.destroy();
        b.destroy();
        return;
      }
      a.resume();
      b.resume();
    },
    destroy: () => {
      flow = 'forwarding';
      a.resetAndDestroy();
      b.resetAndDestroy();
    },
  };
}
