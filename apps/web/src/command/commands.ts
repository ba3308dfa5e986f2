/** A line of the command menu. */
export interface Command {
  readonly id: string;
  readonly group: 'Documents' | 'Channels' | 'People' | 'Actions';
  readonly title: string;
  /** The key that does the same. */
  readonly keys?: string;
  readonly run: () => void;
}

/**
 * The commands that a query finds, best first: those whose title begins with it, then those with a word that does,
 * then those that hold its letters in order. An empty query finds all, in their order.
 */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  const wanted = query.trim().toLocaleLowerCase();
  if (wanted === '') return commands;
  return commands
    .map((command, index) => ({ command, index, rank: rank(command.title, wanted) }))
    .filter(({ rank: found }) => found < Number.POSITIVE_INFINITY)
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ command }) => command);
}

function rank(title: string, wanted: string): number {
  const text = title.toLocaleLowerCase();
  if (text.startsWith(wanted)) return 0;
  if (text.split(/[\s/_-]+/u).some((word) => word.startsWith(wanted))) return 1;
  if (text.includes(wanted)) return 2;
  let from = 0;
  for (const letter of wanted) {
    const at = text.indexOf(letter, from);
    if (at < 0) return Number.POSITIVE_INFINITY;
    from = at + letter.length;
  }
  return 3;
}
