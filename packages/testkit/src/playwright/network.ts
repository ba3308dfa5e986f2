import type { FaultProxy, Held, SeenFrame, Slowness } from '../index.ts';

/** Somebody's line to the server: a proxy of their own, and the faults are real ones. */
export interface PeerNetwork {
  /** The address that the browser of this person goes to. */
  readonly origin: string;
  /** Open connections die, new ones are refused. Pages still load. */
  cut(): void;
  /** Ends every fault, and tells the pages `online`, as a browser does. */
  heal(): Promise<void>;
  /** Everything takes its time, each way. */
  slow(slowness: Slowness): void;
  /** Connections stay and nothing gets through; with `down` the server still hears, with `up` the browser. */
  halfOpen(held?: Held): void;
  /** Loses the next messages. */
  dropFrames(count: number, way?: Held): void;
  /** Delivers the next messages twice. */
  duplicate(count?: number, way?: Held): void;
  /** Messages seen, the newest 500. */
  readonly frames: readonly SeenFrame[];
}

/** @param online tells the pages */
export function peerNetwork(
  proxy: FaultProxy,
  frames: readonly SeenFrame[],
  online: () => Promise<void>,
): PeerNetwork {
  return {
    origin: proxy.url,
    cut: () => proxy.cut(),
    heal: async () => {
      proxy.slow(undefined);
      proxy.restore();
      await online();
    },
    slow: (slowness) => proxy.slow(slowness),
    halfOpen: (held = 'both') => proxy.pause(held),
    dropFrames: (count, way) => proxy.dropFrames(count, way),
    duplicate: (count = 1, way) => proxy.duplicate(count, way),
    frames,
  };
}
