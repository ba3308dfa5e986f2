import { expect, it } from 'vitest';
import { FRAME_MAX_BYTES, FrameReader, SyncType, encodeWrite } from '../src/index.ts';

it('a write that no Update frame may hold goes as a SyncStep2, and every other as what it is', () => {
  const typeOf = (bytes: number) => {
    const reader = new FrameReader(
      encodeWrite('document/a', SyncType.Update, new Uint8Array(bytes), 2 ** 40),
    );
    reader.string();
    reader.uint();
    return { type: reader.uint(), length: reader.decoder.arr.length };
  };
  expect(typeOf(10).type).toBe(SyncType.Update);
  for (let bytes = FRAME_MAX_BYTES - 1_100; bytes <= FRAME_MAX_BYTES; bytes += 50) {
    const { type, length } = typeOf(bytes);
    if (length > FRAME_MAX_BYTES) expect(type).toBe(SyncType.Step2);
  }
  expect(typeOf(FRAME_MAX_BYTES + 1).type).toBe(SyncType.Step2);
});
