/** The servers that are measured side by side, ours first. */
export const KINDS = ['weft', 'hocuspocus', 'y-websocket', 'relay'] as const;

export type Kind = (typeof KINDS)[number];

/** What stands beside our figures as "stock": the server that our engine is built on, as it is published. */
export const STOCK: Kind = 'hocuspocus';

/** Each kind once, beginning with another one in each round: whoever goes first finds the machine in another mood. */
export function inTurn(kinds: readonly Kind[], round: number): readonly Kind[] {
  const first = round % kinds.length;
  return [...kinds.slice(first), ...kinds.slice(0, first)];
}
