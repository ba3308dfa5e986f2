import { type DeviceEstimate, WeftError } from '@weft/client';
import { sizeWords } from '../parts/size-words.ts';

/** How much of this browser's room is used. */
export function roomWords(estimate: DeviceEstimate | undefined): string {
  if (estimate === undefined) return 'This browser does not say';
  return `${sizeWords(estimate.usage)} of ${sizeWords(estimate.quota)}`;
}

/** Whether it stays there. */
export function promiseWords(estimate: DeviceEstimate | undefined): string {
  return estimate?.persistent === true
    ? 'The browser keeps it until you clear it'
    : 'The browser may clear it when it runs out of room';
}

/** Why a document was not removed. */
export function keptWords(error: unknown): string {
  if (error instanceof WeftError) {
    if (error.code === 'not-stored') {
      return 'It stays here: the server does not have all of it yet.';
    }
    if (error.code === 'document-open') return 'It is open. Close it first.';
  }
  return 'This device could not remove it.';
}
