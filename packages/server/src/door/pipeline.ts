import type { AppendResult, Log, LogEntry } from '@weft/storage';
import { currentTrace, within } from '../telemetry/trace.ts';

/**
 * Ordered, optimistic appends to one stream without waiting for each commit. Every step is decided against the
 * state as it will be when all steps before it are committed, and its first entry carries `after`, the number that
 * this state stands at. If a step before it fails, the log itself refuses it: the state is then read anew from the
 * log, which alone is the truth, and what was refused for that reason is decided again, in order. So a hole in
 * the order, or a commit whose outcome is not known, never becomes an answer.
 */

/** Answers of the log that deciding again would not change. */
export type RejectedAppend = Extract<AppendResult, { readonly outcome: 'repeated' | 'taken' }>;

/** What a step wants, decided against a state. */
export type Plan<S, R> =
  /** Append these, and hand the next step `next`. */
  | {
      readonly do: 'append';
      readonly entries: readonly LogEntry[];
      readonly next: S;
      /** Runs right after the commit, in order; its value answers the step. */
      readonly committed: (numbers: readonly number[]) => R;
      /** The log refused it for good: a key it holds already, or a client id of somebody else. */
      readonly rejected?: (result: RejectedAppend) => R | Promise<R>;
    }
  /** Nothing to append: answered when all steps before it are committed, on whose effects the decision rests. */
  | { readonly do: 'answer'; readonly result: R }
  /**
   * The state lacks something: once all steps before it are settled it is read from the log again, and this step, and
   * those behind it, are decided then.
   */
  | { readonly do: 'reload' }
  /** What is in flight has to be committed before this can be decided: it is decided anew then, and so are those behind it. */
  | { readonly do: 'wait' };

export interface Step<S, R> {
  decide(state: S): Plan<S, R>;
  /** The answer when the medium failed: nothing of this step is known to be durable. */
  failed(error: Error): R;
}

/** A step with the types of its answers closed over. */
interface Job<S> {
  /** Jobs are decided in the order in which they came, also again. */
  readonly order: number;
  decide(state: S): Decided<S>;
  failed(error: Error): void;
}

type Decided<S> =
  | {
      readonly do: 'append';
      readonly entries: readonly LogEntry[];
      readonly next: S;
      readonly committed: (numbers: readonly number[]) => void;
      readonly rejected: (result: RejectedAppend) => void;
    }
  | { readonly do: 'answer'; readonly answer: () => void }
  | { readonly do: 'reload' }
  | { readonly do: 'wait' };

interface InFlight<S> {
  readonly job: Job<S>;
  readonly decided: Exclude<Decided<S>, { do: 'wait' | 'reload' }>;
}

type State<S> =
  /** The tentative state is known: steps are decided at once. */
  | { readonly state: 'ready'; readonly value: S }
  /** A step asked to wait until nothing is in flight, or for the log to be read then; new steps wait behind it. */
  | { readonly state: 'pausing'; readonly value: S; readonly asked: 'wait' | 'reload' }
  /** Something failed: what is in flight settles first, and new steps wait. */
  | {
      readonly state: 'settling';
      /**
       * Whether the outcome of a commit is not known. Then the log is read though nobody waits for it: what it took
       * in must be shown.
       */
      readonly unsure: boolean;
    }
  /** The state is being read from the log. */
  | { readonly state: 'loading' };

export class Pipeline<S> {
  readonly #log: Pick<Log, 'append'>;
  readonly #load: () => Promise<S>;
  readonly #idle: (state: S | undefined) => void;
  #state: State<S>;
  readonly #inFlight: InFlight<S>[] = [];
  #waiting: Job<S>[] = [];
  #count = 0;

  /**
   * @param initial the state, where it is known already; else it is loaded when the first step comes
   * @param load reads the state from the log; called again after a failure
   * @param idle called each time that nothing is under way any more, with the state where it is known
   */
  constructor(
    log: Pick<Log, 'append'>,
    load: () => Promise<S>,
    options: { readonly initial?: S; readonly idle?: (state: S | undefined) => void } = {},
  ) {
    this.#log = log;
    this.#load = load;
    this.#idle = options.idle ?? (() => {});
    this.#state =
      options.initial === undefined
        ? { state: 'settling', unsure: false }
        : { state: 'ready', value: options.initial };
  }

  /** Whether a step, or a look at the log, is under way: its document must not be unloaded. */
  get busy(): boolean {
    return this.#inFlight.length > 0 || this.#waiting.length > 0 || this.#state.state === 'loading';
  }

  /** Runs a step after all earlier ones. Resolves with its answer; never rejects for a failing log. */
  run<R>(step: Step<S, R>): Promise<R> {
    // Whoever's turn it is when this one is decided or settled, it belongs to its own trace.
    const trace = currentTrace();
    return new Promise((resolve, reject) => {
      const settle = (answer: () => R | Promise<R>) => {
        try {
          resolve(within(trace, answer));
        } catch (error) {
          reject(toError(error));
        }
      };
      this.#count += 1;
      this.#submit({
        order: this.#count,
        decide: (state) => {
          trace?.enter('judge');
          const plan = within(trace, () => step.decide(state));
          if (plan.do === 'wait' || plan.do === 'reload') return plan;
          if (plan.do === 'answer') return { do: 'answer', answer: () => resolve(plan.result) };
          const { rejected } = plan;
          trace?.enter('append');
          return {
            ...plan,
            committed: (numbers) => {
              trace?.enter('fan-out');
              settle(() => plan.committed(numbers));
            },
            rejected: (result) =>
              settle(() =>
                rejected === undefined
                  ? step.failed(new Error(`The log answered ${result.outcome}.`))
                  : rejected(result),
              ),
          };
        },
        failed: (error) => settle(() => step.failed(error)),
      });
      // Answered at once: nothing else would say that nothing is under way.
      this.#rest();
    });
  }

  #submit(job: Job<S>): void {
    if (this.#state.state === 'ready') {
      this.#start(job, this.#state.value);
    } else {
      this.#waiting.push(job);
      this.#reload();
    }
  }

  #start(job: Job<S>, state: S): void {
    let decided: Decided<S>;
    try {
      decided = job.decide(state);
    } catch (error) {
      // A decision that throws is answered as failed; the steps behind it go on from the same state.
      job.failed(toError(error));
      return;
    }
    if (decided.do === 'wait' || decided.do === 'reload') {
      if (this.#inFlight.length === 0 && decided.do === 'wait') {
        job.failed(new Error('A step waits, and nothing is in flight.'));
        return;
      }
      this.#state = { state: 'pausing', value: state, asked: decided.do };
      this.#waiting.push(job);
      this.#resume();
      return;
    }
    if (decided.do === 'answer' && this.#inFlight.length === 0) {
      decided.answer();
      return;
    }
    const entry: InFlight<S> = { job, decided };
    this.#inFlight.push(entry);
    if (decided.do === 'answer') return;
    this.#state = { state: 'ready', value: decided.next };
    this.#log.append(decided.entries).then(
      (result) => this.#settled(entry, decided, result),
      (error: unknown) => {
        this.#leave(entry);
        this.#state = { state: 'settling', unsure: true };
        job.failed(toError(error));
        this.#proceed();
      },
    );
  }

  #settled(
    entry: InFlight<S>,
    decided: Extract<Decided<S>, { do: 'append' }>,
    result: AppendResult,
  ): void {
    this.#leave(entry);
    if (result.outcome === 'appended' && this.#state.state === 'settling') {
      // One before it failed, and may be in the log all the same: its effect is missing here, and this one's on top of
      // it would hide that for good. Both are read from the log, where this step finds what it wrote.
      this.#waiting.push(entry.job);
    } else if (result.outcome === 'appended') {
      decided.committed(result.numbers);
    } else {
      // The state it was decided against never came to be, nor will the one it promised to those behind it.
      const unsure = this.#state.state === 'settling' && this.#state.unsure;
      this.#state = { state: 'settling', unsure };
      if (result.outcome === 'conflict') this.#waiting.push(entry.job);
      else decided.rejected(result);
    }
    this.#proceed();
  }

  #leave(entry: InFlight<S>): void {
    const at = this.#inFlight.indexOf(entry);
    if (at >= 0) this.#inFlight.splice(at, 1);
  }

  /** Answers what waited only for its elders; after a failure, reloads once nothing is in flight. */
  #proceed(): void {
    for (;;) {
      const first = this.#inFlight[0];
      if (first === undefined || first.decided.do !== 'answer') break;
      this.#inFlight.shift();
      if (this.#state.state === 'ready' || this.#state.state === 'pausing') first.decided.answer();
      else this.#waiting.push(first.job);
    }
    this.#resume();
    this.#reload();
    this.#rest();
  }

  /** Goes on after a pause, once nothing is in flight. */
  #resume(): void {
    if (this.#state.state !== 'pausing' || this.#inFlight.length > 0) return;
    if (this.#state.asked === 'reload') {
      this.#state = { state: 'settling', unsure: false };
      this.#reload();
    } else {
      this.#state = { state: 'ready', value: this.#state.value };
      this.#drain((job) => this.#submit(job));
    }
  }

  #reload(): void {
    if (this.#state.state !== 'settling' || this.#inFlight.length > 0) return;
    if (this.#waiting.length === 0 && !this.#state.unsure) return;
    this.#state = { state: 'loading' };
    this.#load().then(
      (value) => {
        this.#state = { state: 'ready', value };
        this.#drain((job) => this.#submit(job));
      },
      (error: unknown) => {
        this.#state = { state: 'settling', unsure: false };
        this.#drain((job) => job.failed(toError(error)));
        this.#rest();
      },
    );
  }

  #rest(): void {
    if (!this.busy) this.#idle(this.#state.state === 'ready' ? this.#state.value : undefined);
  }

  #drain(each: (job: Job<S>) => void): void {
    const jobs = this.#waiting.toSorted((a, b) => a.order - b.order);
    this.#waiting = [];
    for (const job of jobs) each(job);
    this.#rest();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
