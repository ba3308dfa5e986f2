import type { Transform, Wrappers } from '../universe.ts';

/** A bug to be planted. */
export interface Bug {
  readonly name: string;
  readonly transform?: Transform;
  readonly wrappers?: Wrappers;
}

/** CPU milliseconds that a bug may hide for. */
export const HUNT_MAX = 60_000;
