import { crc32 as reference } from 'node:zlib';
import { createRandom } from '@weft/testkit/sim';
import { expect, it } from 'vitest';
import { crc32 } from '../src/indexeddb/crc.ts';

it('the checksum of records is the CRC-32 that everybody knows, also in parts', () => {
  const random = createRandom('crc');
  for (let length = 0; length < 300; length += 1) {
    const bytes = Uint8Array.from({ length }, () => random.int(0, 255));
    const cut = random.int(0, length);
    expect(crc32(bytes)).toBe(reference(bytes));
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(reference(bytes));
  }
});
