/** Many updates in one piece: thousands of small arrays take longer to hand to a thread than to copy together. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

export function pack(updates: readonly Uint8Array[]): Packed {
  const bytes = new Uint8Array(updates.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const update of updates) {
    bytes.set(update, at);
    at += update.length;
  }
  return { bytes, lengths: Uint32Array.from(updates, ({ length }) => length) };
}

export function unpack({ bytes, lengths }: Packed): readonly Uint8Array[] {
  let at = 0;
  return Array.from(lengths, (length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}
