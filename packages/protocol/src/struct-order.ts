import * as Y from 'yjs';

/** A struct of a decoded update. */
export type Struct = Y.Item | Y.GC;

/**
 * Structs so that each follows what it refers to: under one client id nothing can wait for what comes later.
 * `undefined` when they refer to each other in a circle.
 */
export function inOrder(structs: readonly Struct[]): readonly Struct[] | undefined {
  const queues = new Map<number, Struct[]>();
  for (const struct of structs) {
    const queue = queues.get(struct.id.client);
    if (queue === undefined) queues.set(struct.id.client, [struct]);
    else queue.push(struct);
  }
  const lists = [...queues.values()];
  if (lists.length < 2) return structs;
  const places = lists.map(() => 0);
  /** Whether a struct of this update that holds the id is still to come. */
  const waits = (id: Y.ID | null): boolean => {
    const at = lists.findIndex((list) => list[0]?.id.client === id?.client);
    if (id === null || at === -1) return false;
    return (lists[at] ?? [])
      .slice(places[at])
      .some((struct) => struct.id.clock <= id.clock && id.clock < struct.id.clock + struct.length);
  };
  const ordered: Struct[] = [];
  for (let progress = true; progress;) {
    progress = false;
    for (const [index, list] of lists.entries()) {
      for (let place = places[index] ?? 0; place < list.length; place += 1) {
        const struct = list[place];
        if (struct === undefined || references(struct).some(waits)) break;
        ordered.push(struct);
        places[index] = place + 1;
        progress = true;
      }
    }
  }
  return ordered.length === structs.length ? ordered : undefined;
}

/** The ids that a struct cannot be read without. */
export function references(struct: Struct): readonly (Y.ID | null)[] {
  if (!(struct instanceof Y.Item)) return [];
  return [struct.origin, struct.rightOrigin, struct.parent instanceof Y.ID ? struct.parent : null];
}
