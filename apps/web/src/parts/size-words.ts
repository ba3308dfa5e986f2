const STEPS = [
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
  ['KB', 1024],
] as const;

/** Bytes as people read them: "3.4 MB", "12 KB", "80 bytes". */
export function sizeWords(bytes: number): string {
  for (const [unit, step] of STEPS) {
    if (bytes < step) continue;
    const value = bytes / step;
    return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${unit}`;
  }
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}
