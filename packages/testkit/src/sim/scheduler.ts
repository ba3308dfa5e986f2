import { EventHeap, type SimEvent } from './event-heap.ts';

/**
 * A program that can be killed: a server, a tab. Whatever it scheduled dies with it, so that nothing of a crashed
 * program runs on, as nothing of a killed process would.
 */
export interface SimProcess {
  readonly name: string;
  readonly alive: boolean;
  /** Ends it between two events; what it scheduled never runs. Idempotent. */
  kill(): void;
}

/** Why a run of the scheduler ended. */
export type RunEnd = 'done' | 'deadline' | 'empty';

/** What escaped from a callback: in a real process it would have been an uncaught exception. */
export interface Escaped {
  readonly process: string;
  readonly error: unknown;
}

/**
 * One clock and one queue for everything in a simulation. Each event is a macrotask: it runs, then every microtask it
 * caused, and only then the next one, without a turn of the real event loop in between.
 */
export class SimScheduler {
  readonly #heap = new EventHeap();
  readonly #escaped: Escaped[] = [];
  #now = 0;
  #sequence = 0;
  #events = 0;
  #current: SimProcess | undefined;

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** The program whose event runs just now. */
  get current(): SimProcess | undefined {
    return this.#current;
  }

  /** Events run so far. */
  get events(): number {
    return this.#events;
  }

  /** Errors that escaped from callbacks so far. */
  get escaped(): readonly Escaped[] {
    return this.#escaped;
  }

  spawn(name: string): SimProcess {
    const state = { alive: true };
    return {
      name,
      get alive() {
        return state.alive;
      },
      kill: () => {
        state.alive = false;
      },
    };
  }

  /**
   * Runs something later, for a program (by default the present one); returns the cancel.
   * @param process `nobody`: the world itself, which no kill takes away
   * @param ms virtual milliseconds; what is due at one time runs in the order it was asked for
   */
  after(
    ms: number,
    run: () => void,
    process: SimProcess | 'nobody' | undefined = this.#current,
  ): () => void {
    this.#sequence += 1;
    const event: SimEvent = {
      at: this.#now + Math.max(0, ms),
      sequence: this.#sequence,
      process: process === 'nobody' ? undefined : process,
      run,
    };
    this.#heap.push(event);
    return () => {
      event.run = undefined;
    };
  }

  /**
   * Runs events until `done` says so (asked before each), the deadline has passed, or nothing is left.
   * @param deadline virtual time
   */
  run(done: () => boolean, deadline: number): Promise<RunEnd> {
    return new Promise((resolve, reject) => {
      const end = (how: RunEnd) => {
        this.#current = undefined;
        resolve(how);
      };
      const step = () => {
        try {
          if (done()) {
            end('done');
            return;
          }
          const event = this.#heap.pop();
          if (event === undefined) {
            end('empty');
            return;
          }
          if (event.at > deadline) {
            this.#heap.push(event);
            end('deadline');
            return;
          }
          this.#execute(event);
          queueMicrotask(next);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      // Node runs its ticks when no microtask is left: the only place where an event's turn is known to be over,
      // and hundreds of times cheaper than a turn of the event loop.
      const next = () => process.nextTick(step);
      next();
    });
  }

  #execute(event: SimEvent): void {
    const { run } = event;
    if (run === undefined || event.process?.alive === false) return;
    this.#now = event.at;
    this.#current = event.process;
    this.#events += 1;
    try {
      run();
    } catch (error) {
      this.#escaped.push({ process: event.process?.name ?? 'simulation', error });
    }
  }
}
