import { WeftError } from '@weft/client';
import { expect, it } from 'vitest';
import { keptWords, promiseWords, roomWords } from '../src/storage/words.ts';

const MB = 1024 ** 2;
const estimate = { usage: 1.2 * MB, quota: 2_560 * MB, persistent: false };

it('says how much room is used, in units that people read, and nothing that the browser did not say', () => {
  expect(roomWords(estimate)).toBe('1.2 MB of 2.5 GB');
  expect(roomWords({ ...estimate, usage: 0, quota: 999 })).toBe('0 bytes of 999 bytes');
  expect(roomWords({ ...estimate, usage: 12_345 })).toBe('12 KB of 2.5 GB');
  expect(roomWords(undefined)).toBe('This browser does not say');
});

it('promises only what the browser has promised', () => {
  expect(promiseWords({ ...estimate, persistent: true })).toBe(
    'The browser keeps it until you clear it',
  );
  for (const unknown of [estimate, undefined]) {
    expect(promiseWords(unknown)).toBe('The browser may clear it when it runs out of room');
  }
});

it('[D2] says why a document stays', () => {
  expect(keptWords(new WeftError('not-stored'))).toContain('the server does not have all of it');
  expect(keptWords(new WeftError('document-open'))).toContain('Close it first');
  expect(keptWords(new Error('quota'))).toBe('This device could not remove it.');
});
