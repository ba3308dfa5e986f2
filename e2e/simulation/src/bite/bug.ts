import type { Transform, Wrappers } from '../universe.ts';

/** A bug to be planted. */
export interface Bug {
  readonly name: string;
  readonly transform?: Transform;
  readonly wrappers?: Wrappers;
}
