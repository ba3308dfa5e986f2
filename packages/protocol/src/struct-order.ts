import * as Y from 'yjs';

/** A struct of a decoded update. */
export type Struct = Y.Item | Y.GC;

/** One client's structs, by clock. */
interface Queue {
  readonly structs: Struct[];
  /** How many of them are in order. */
  done: number;
  /** Clients that wait until so many of them are. */
  waiters: { readonly client: number; readonly until: number }[];
}

/**
 * Structs so that each follows what it refers to: under one client id nothing can wait for what comes later.
 * `undefined` when they refer to each other in a circle. O(n log n).
 */
export function inOrder(structs: readonly Struct[]): readonly Struct[] | undefined {
  const queues = new Map<number, Queue>();
  for (const struct of structs) {
    const queue = queues.get(struct.id.client);
    if (queue === undefined) {
      queues.set(struct.id.client, { structs: [struct], done: 0, waiters: [] });
    } else queue.structs.push(struct);
  }
  if (queues.size < 2) return structs;
  const ordered: Struct[] = [];
  const runnable = [...queues.keys()].toReversed();
  for (let client = runnable.pop(); client !== undefined; client = runnable.pop()) {
    const queue = queues.get(client);
    if (queue === undefined) break;
    for (; queue.done < queue.structs.length; queue.done += 1) {
      const struct = queue.structs[queue.done];
      const missing = struct && missingOf(struct, queues);
      if (struct === undefined || missing !== undefined) {
        missing?.queue.waiters.push({ client, until: missing.until });
        break;
      }
      ordered.push(struct);
    }
    const { done } = queue;
    for (const waiter of queue.waiters) if (waiter.until <= done) runnable.push(waiter.client);
    queue.waiters = queue.waiters.filter(({ until }) => until > done);
  }
  return ordered.length === structs.length ? ordered : undefined;
}

/** What of the same update must be in order before a struct can be. */
function missingOf(
  struct: Struct,
  queues: ReadonlyMap<number, Queue>,
): { readonly queue: Queue; readonly until: number } | undefined {
  for (const id of references(struct)) {
    const queue = id === null ? undefined : queues.get(id.client);
    if (id === null || queue === undefined) continue;
    const place = placeOf(queue.structs, id.clock);
    if (place !== undefined && place >= queue.done) return { queue, until: place + 1 };
  }
  return undefined;
}

/** Where the struct that holds a clock is; `undefined` where none of these does. */
function placeOf(structs: readonly Struct[], clock: number): number | undefined {
  let low = 0;
  let high = structs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const struct = structs[middle];
    if (struct === undefined) break;
    if (struct.id.clock > clock) high = middle - 1;
    else if (struct.id.clock + struct.length <= clock) low = middle + 1;
    else return middle;
  }
  return undefined;
}

/** The ids that a struct cannot be read without. */
export function references(struct: Struct): readonly (Y.ID | null)[] {
  if (!(struct instanceof Y.Item)) return [];
  return [struct.origin, struct.rightOrigin, struct.parent instanceof Y.ID ? struct.parent : null];
}
