import type { SimRandom } from '@weft/testkit/sim';
import type { Id } from './encode.ts';

/** What an attacker has: valid credentials, what it saw, and bytes of its own making. */
export interface Attacker {
  readonly random: SimRandom;
  /** The document that it may write in. */
  readonly document: string;
  /** A client id that nobody has. */
  readonly fresh: () => number;
  /** Client ids of others, and how far they have written, as far as it was shown. */
  readonly victims: readonly Id[];
  /** Client ids that others were shown with. */
  readonly announced: readonly number[];
  /** A write that nobody has to refuse. */
  readonly write: (bytes: Uint8Array, address?: string) => void;
  /** A write that must be refused with one of these codes, and must change nothing. */
  readonly mustFail: (bytes: Uint8Array, codes: readonly string[], address?: string) => void;
  /** Any frame at all. */
  readonly frame: (bytes: Uint8Array) => void;
  /** A command; with `forbidden` in its text it must have no effect. */
  readonly command: (conversation: string, id: string, text: string) => void;
  /** Says that somebody is at a document. */
  readonly awareness: (client: number, state: string) => void;
  /** When all its writes so far are stored. */
  readonly later: (act: () => void) => void;
}

export type Attack = (attacker: Attacker) => void;

/** In the text of whatever must have no effect. */
export const FORBIDDEN = 'forbidden';
