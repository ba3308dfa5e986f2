import type { SimProcess } from './scheduler.ts';

/** Something to be run at a time. */
export interface SimEvent {
  readonly at: number;
  readonly sequence: number;
  readonly process: SimProcess | undefined;
  /** `undefined` once it was cancelled. */
  run: (() => void) | undefined;
}

/** A binary heap of events: earliest first, then in the order they were asked for. */
export class EventHeap {
  readonly #events: SimEvent[] = [];

  push(event: SimEvent): void {
    const events = this.#events;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = events[above];
      if (parent === undefined || !before(event, parent)) break;
      events[at] = parent;
      at = above;
    }
    events[at] = event;
  }

  /** Takes the first event out; `undefined` when there is none. Cancelled ones are skipped. */
  pop(): SimEvent | undefined {
    for (;;) {
      const first = this.#take();
      if (first === undefined || first.run !== undefined) return first;
    }
  }

  #take(): SimEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = events[below];
      if (child === undefined) break;
      const other = events[below + 1];
      if (other !== undefined && before(other, child)) {
        below += 1;
        child = other;
      }
      if (!before(child, last)) break;
      events[at] = child;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
