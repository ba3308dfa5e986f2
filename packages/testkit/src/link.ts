import type { Socket } from 'node:net';
import { SlowLane, type Slowness } from './slow-lane.ts';

/** What is held back: what the client says, what the server says, or both. */
export type Held = 'up' | 'down' | 'both';

/** Two sockets that say to each other what they hear, and can be made to fall silent or to die. */
export interface Link {
  /** Stops forwarding while both sockets stay open: what a sleeping laptop's peer sees. */
  pause(held: Held): void;
  /** Forwards again, beginning with what was held back. */
  resume(): void;
  /** Hands on at once what a slow line still carries. */
  hurry(): void;
  /** Closes both sockets at once, without the goodbye of TCP. Idempotent. */
  destroy(): void;
}

/** What lies between the two sockets. */
export interface LinkOptions {
  /** Called once, when both sockets are closed. */
  readonly gone: () => void;
  /** How slow the line is now; default: not at all. */
  readonly slowness?: () => Slowness | undefined;
  /** Chooses what jitter deals. */
  readonly seed?: string | number;
  /** What becomes of the bytes of a direction; default: they go on as they came. */
  readonly filter?: (bytes: Buffer, way: 'up' | 'down') => readonly Buffer[];
}

export function linkSockets(client: Socket, server: Socket, options: LinkOptions): Link {
  const { gone, slowness = () => undefined, seed = 1, filter } = options;
  let held: Held | 'nothing' = 'nothing';
  let open = 2;
  const lanes: { readonly way: 'up' | 'down'; readonly lane: SlowLane }[] = [];

  const forward = (from: Socket, to: Socket, way: 'up' | 'down') => {
    let ended = false;
    const goOn = () => {
      if (held !== 'both' && held !== way && !lane.full) from.resume();
    };
    const lane = new SlowLane(
      slowness,
      (bytes) => {
        if (!to.write(bytes)) from.pause();
      },
      `${seed}/${way}`,
    );
    lanes.push({ way, lane });
    /** What was sent before a goodbye arrives before it. */
    const end = () => {
      if (lane.empty) to.end();
      else lane.onRoom(end);
    };
    from.on('data', (bytes: Buffer) => {
      for (const part of filter === undefined ? [bytes] : filter(bytes, way)) lane.push(part);
      if (!lane.full) return;
      from.pause();
      lane.onRoom(goOn);
    });
    to.on('drain', goOn);
    from.on('end', () => {
      ended = true;
      end();
    });
    // An error is always followed by `close`; without a listener it would end the process.
    from.on('error', () => {});
    from.on('close', () => {
      open -= 1;
      // A death without a goodbye is told at once; what a slow line carried is lost with it, as it would be.
      if (!ended) lane.clear();
      if (open === 0) gone();
      // A half-open link must look alive: the other side learns of the death only once it is resumed.
      else if (held === 'nothing' && lane.empty) to.destroySoon();
    });
    if (from.destroyed) to.destroy();
  };
  forward(client, server, 'up');
  forward(server, client, 'down');

  return {
    pause: (next) => {
      held = next;
      for (const { way, lane } of lanes) lane.hold(next === 'both' || next === way);
      if (next !== 'down') client.pause();
      if (next !== 'up') server.pause();
    },
    resume: () => {
      held = 'nothing';
      for (const { lane } of lanes) lane.hold(false);
      if (client.destroyed || server.destroyed) {
        client.destroy();
        server.destroy();
        return;
      }
      client.resume();
      server.resume();
    },
    hurry: () => {
      for (const { lane } of lanes) lane.flush();
    },
    destroy: () => {
      held = 'nothing';
      for (const { lane } of lanes) lane.clear();
      client.resetAndDestroy();
      server.resetAndDestroy();
    },
  };
}
