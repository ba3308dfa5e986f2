/** CRC-32 (IEEE 802.3, as in zip and PNG), one table entry for each byte. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1)
    value = value & 1 ? 0xed_b8_83_20 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of bytes. @param before what came in front of them */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  // By index: a page that opens runs this before anything is compiled well, and iterators cost several times as much.
  for (let at = 0; at < bytes.length; at += 1) {
    crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
