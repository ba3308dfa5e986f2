/** Bytes of a WAL's header and of each frame's (sqlite.org/fileformat.html, 4.1 and 4.2). */
const HEADER = 32;
const FRAME_HEADER = 24;

/** Where each frame of a WAL begins, and where the last one ends: a commit may be cut at any of these by power loss. */
export function frameBoundaries(wal: Uint8Array): readonly number[] {
  if (wal.length < HEADER) return [];
  const pageSize = new DataView(wal.buffer, wal.byteOffset).getUint32(8);
  const boundaries: number[] = [];
  for (let at = HEADER; at <= wal.length; at += FRAME_HEADER + pageSize) boundaries.push(at);
  return boundaries;
}

/** What power loss may have made of a WAL: how much of it is certain to be there, and the bytes. */
export interface WalImage {
  readonly kind: 'cut between frames' | 'cut within a frame' | 'one frame missing';
  /** Everything that was written before this byte is as it was. */
  readonly intact: number;
  readonly bytes: Uint8Array;
}

/**
 * The images of a WAL beyond what was on the disk for certain: ended at each frame, ended within each frame, and each
 * frame missing while those behind it are there, since a disk may write in any order.
 * @param certain bytes that had been fsynced at the first report of something stored
 */
export function* walImages(wal: Uint8Array, certain: number): Generator<WalImage> {
  const boundaries = frameBoundaries(wal);
  for (const [index, at] of boundaries.entries()) {
    if (at < certain) continue;
    yield { kind: 'cut between frames', intact: at, bytes: wal.subarray(0, at) };
    const next = boundaries[index + 1];
    if (next === undefined) return;
    const middle = at + FRAME_HEADER + Math.floor((next - at) / 2);
    yield { kind: 'cut within a frame', intact: at, bytes: wal.subarray(0, middle) };
    // A copy: the `slice` of a Buffer shares its bytes.
    const holed = new Uint8Array(wal);
    holed.fill(0, at, next);
    yield { kind: 'one frame missing', intact: at, bytes: holed };
  }
}
