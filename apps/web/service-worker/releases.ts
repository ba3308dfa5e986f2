/** A release whose files are on this device. */
export interface KnownRelease {
  readonly name: string;
  /** When it took over, counted by releases; `undefined` for one that never did. */
  readonly turn: number | undefined;
}

/** What a release does when it takes over. */
export interface Succession {
  /** Its own turn. */
  readonly turn: number;
  /** Releases whose files go. */
  readonly remove: readonly string[];
}

/**
 * Keeps the files of the release that served until now: tabs that it opened are still there, and load parts of it
 * late. One that was fetched and overtaken before it served anybody is not that release.
 */
export function succession(known: readonly KnownRelease[], name: string): Succession {
  const others = known.filter((other) => other.name !== name);
  const served = others.flatMap(({ turn }) => (turn === undefined ? [] : [turn]));
  const last = Math.max(0, ...served);
  return {
    turn: last + 1,
    remove: others
      .filter(({ turn }) => turn === undefined || turn < last)
      .map((other) => other.name),
  };
}
