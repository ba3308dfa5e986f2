import * as Y from 'yjs';

type Struct = Y.Item | Y.GC | Y.Skip;

/** Whether Yjs could integrate every struct of an update at once. @param known the next clock of a client before it */
export function allReady(structs: readonly Struct[], known: (client: number) => number): boolean {
  return inOrder(structs, known) !== undefined;
}

/**
 * The structs of an update in an order in which each comes behind all that it leans on; `undefined` where there is none.
 * It goes by the structs' own order and waits only for what another client must bring first; structs that wait for each
 * other, or for themselves, never become ready and would stay pending. O(structs).
 * @param known the next clock of a client before the update
 */
export function inOrder(
  structs: readonly Struct[],
  known: (client: number) => number,
): readonly Struct[] | undefined {
  const ordered: Struct[] = [];
  const queues = new Map<number, Struct[]>();
  for (const struct of structs) {
    const queue = queues.get(struct.id.client);
    if (queue === undefined) queues.set(struct.id.client, [struct]);
    else queue.push(struct);
  }
  const clocks = new Map<number, number>();
  const clockOf = (client: number) => clocks.get(client) ?? known(client);
  const positions = new Map<number, number>();
  /** Clients that wait until another client's clock has passed. */
  const waiting = new Map<number, { readonly client: number; readonly clock: number }[]>();
  const runnable = [...queues.keys()];
  for (let client = runnable.pop(); client !== undefined; client = runnable.pop()) {
    const queue = queues.get(client) ?? [];
    let position = positions.get(client) ?? 0;
    for (; position < queue.length; position += 1) {
      const struct = queue[position];
      if (struct === undefined) break;
      const missing = missingOf(struct, clockOf);
      if (missing !== undefined) {
        // A struct that needs its own client's future can never be integrated.
        if (missing.client === client) return undefined;
        const waiters = waiting.get(missing.client) ?? [];
        waiters.push({ client, clock: missing.clock });
        waiting.set(missing.client, waiters);
        break;
      }
      clocks.set(client, Math.max(clockOf(client), struct.id.clock + struct.length));
      ordered.push(struct);
    }
    positions.set(client, position);
    const waiters = waiting.get(client);
    if (waiters === undefined) continue;
    const clock = clockOf(client);
    for (const waiter of waiters) if (waiter.clock < clock) runnable.push(waiter.client);
    waiting.set(
      client,
      waiters.filter((waiter) => waiter.clock >= clock),
    );
  }
  return ordered.length === structs.length ? ordered : undefined;
}

/** The first thing a struct refers to that is not there yet. */
function missingOf(struct: Struct, clockOf: (client: number) => number): Y.ID | undefined {
  if (!(struct instanceof Y.Item)) return undefined;
  const parent = struct.parent instanceof Y.ID ? struct.parent : null;
  for (const id of [struct.origin, struct.rightOrigin, parent]) {
    if (id === null) continue;
    const there = id.client === struct.id.client ? struct.id.clock : clockOf(id.client);
    if (id.clock >= there) return id;
  }
  return undefined;
}
