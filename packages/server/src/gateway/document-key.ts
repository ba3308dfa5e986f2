/** Session-aware stock providers address `name\0session`. */
export function plainName(key: string): string {
  const end = key.indexOf('\0');
  return end === -1 ? key : key.slice(0, end);
}
