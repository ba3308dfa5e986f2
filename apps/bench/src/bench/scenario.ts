import type { Kind } from './kinds.ts';
import type { LoadProcess } from './load-process.ts';
import type { Measures } from './measure.ts';
import type { ServerChild, ServerChildOptions } from './server-child.ts';

/** What a scenario has at hand. */
export interface Stage {
  /** A few seconds instead of minutes: shows that it works, not how fast it is. */
  readonly quick: boolean;
  /** How often each server is measured. */
  readonly rounds: number;
  /** The servers to measure, as far as the scenario is one for them. */
  readonly kinds: readonly Kind[];
  readonly load: LoadProcess;
  readonly measures: Measures;
  /** Waits for a quiet moment of the machine, for a while. A quick run does not wait. */
  quiet(): Promise<void>;
  /** Starts a server, hands it on, and closes it whatever happens. */
  withServer<T>(
    kind: Kind,
    options: ServerChildOptions,
    use: (server: ServerChild) => Promise<T>,
  ): Promise<T>;
  /** Tells the person what is being measured. */
  progress(text: string): void;
  /** Keeps a raw result beside the figures. */
  keep(kind: Kind, round: number, raw: object): void;
}

/** A question put to all servers in the same way. */
export interface Scenario {
  readonly name: string;
  /** What is done, in one line, for the table and the results. */
  readonly about: (quick: boolean) => string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** A wire name that every server takes. */
export function documentName(id: string): string {
  return `document/${id}`;
}
