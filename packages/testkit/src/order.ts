/** A message as somebody sees it. */
export interface SeenMessage {
  readonly id: string;
  /** Its number, where the app shows one. */
  readonly sequence?: number | undefined;
}

/** What each of several people sees, from the first message to the last. */
export type SeenLists = ReadonlyMap<string, readonly SeenMessage[]>;

/**
 * What is wrong with the order of messages (laws C1, C2, C5, C6): everybody sees the same, each message once, without a
 * gap, and what one device sent in the order of sending.
 * @param sent ids in the order of sending, by device
 */
export function orderProblems(
  lists: SeenLists,
  sent: ReadonlyMap<string, readonly string[]> = new Map(),
): readonly string[] {
  const problems: string[] = [];
  const [first, ...others] = lists;
  for (const [name, list] of lists) {
    const seen = new Set<string>();
    for (const { id } of list) {
      if (seen.has(id)) problems.push(`${name} sees ${id} twice`);
      seen.add(id);
    }
    for (const [at, { id, sequence }] of list.entries()) {
      const before = list[at - 1];
      if (sequence === undefined || before?.sequence === undefined) continue;
      if (sequence !== before.sequence + 1)
        problems.push(`${name} sees ${id} (${sequence}) right after ${before.sequence}`);
    }
    for (const [device, ids] of sent) {
      const places = ids.map((id) => list.findIndex((message) => message.id === id));
      for (const [at, place] of places.entries()) {
        if (place < 0) problems.push(`${name} does not see ${ids[at]} of ${device}`);
        else if (at > 0 && place < (places[at - 1] ?? 0))
          problems.push(
            `${name} sees ${ids[at]} before ${ids[at - 1]}, which ${device} sent first`,
          );
      }
    }
  }
  if (first === undefined) return problems;
  const [firstName, firstList] = first;
  for (const [name, list] of others) {
    const length = Math.max(firstList.length, list.length);
    for (let at = 0; at < length; at += 1) {
      const [one, other] = [firstList[at], list[at]];
      if (one?.id === other?.id && one?.sequence === other?.sequence) continue;
      const words = (message: SeenMessage | undefined) => message?.id ?? 'nothing';
      problems.push(
        `at place ${at + 1} ${firstName} sees ${words(one)}, and ${name} sees ${words(other)}`,
      );
      break;
    }
  }
  return problems;
}
