import type { Storage } from '../session/guest.ts';
import { type IdList, createIdList } from './id-list.ts';

/**
 * Documents and channels that were made on this device and that the server has not been heard about yet. An empty one
 * among them is new and can be written in; any other empty one is simply not on this device yet.
 */
export type MadeHere = IdList;

export function createMadeHere(storage: Storage, sub: string): MadeHere {
  return createIdList(storage, `weft.made.${sub}`);
}
