import type { Ack, ErrorCode } from '@weft/protocol';
import type { AppendResult } from '@weft/storage';
import type { Outcome } from '../door/intake.ts';
import type { RateKind } from '../gateway/rates.ts';

/** Where the server counts what it does. Called on every frame: what implements it must cost next to nothing. */
export interface Meter {
  /** A frame of a signed-in person was taken up. */
  frame(kind: RateKind, bytes: number): void;
  /** What a write at a document's address was answered. */
  write(outcome: Outcome): void;
  /** What a command to a conversation was answered, however it came. */
  command(answer: CommandAnswer): void;
  /** What became of an append, and after how many seconds. */
  append(outcome: AppendResult['outcome'] | 'failed', seconds: number): void;
  /** A document was read into memory, or could not be. */
  load(outcome: 'loaded' | 'failed', seconds: number): void;
  /** Sign-ins were taken back, and that is stored. */
  revocation(): void;
}

export type CommandAnswer =
  /** Sent so long ago by the sender's clock; `undefined` where that says nothing. */
  | { readonly outcome: 'stored'; readonly sentToStored: number | undefined }
  | (Pick<Extract<Ack['result'], { outcome: 'refused' }>, 'outcome'> & {
      readonly code: ErrorCode;
    });

/** Counts nothing. */
export const silentMeter: Meter = {
  frame: () => {},
  write: () => {},
  command: () => {},
  append: () => {},
  load: () => {},
  revocation: () => {},
};
