/** The counter that the device's next command in a conversation takes: dense from 1. */
export function nextCounter(highest: number | undefined): number {
  return (highest ?? 0) + 1;
}
