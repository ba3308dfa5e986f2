import type { DirectoryEntry } from '@weft/protocol';

/** Where an entry can go in its list. */
export interface Places {
  /** It goes up by going in front of this one; `undefined` for the first. */
  readonly above: string | undefined;
  /** It goes down by going in front of this one; `undefined` for the end. */
  readonly below: string | undefined;
  readonly last: boolean;
}

/** @param list what is shown, in its order */
export function placesOf(list: readonly DirectoryEntry[], index: number): Places {
  return {
    above: list[index - 1]?.id,
    below: list[index + 2]?.id,
    last: index === list.length - 1,
  };
}
