import type * as Y from 'yjs';
import type { Environment } from './api.ts';
import { parts, whenHere } from './parts.ts';

/** Milliseconds without a change after which a replica is compared with the server's. */
export const IDLE = 10_000;

export interface IdleCompareOptions {
  readonly doc: Y.Doc;
  readonly env: Environment;
  /** Whether there is a server to ask, and nothing on its way to it or missing here. */
  readonly ready: () => boolean;
  readonly send: (digest: { readonly state: string; readonly content: string }) => void;
}

/**
 * Says what a replica holds when it has been quiet for a while: once per quiet time, and only after a change. Equal
 * state vectors do not prove equal content, so without this two people may read different texts for ever.
 */
export class IdleCompare {
  readonly #options: IdleCompareOptions;
  #changedAt = 0;
  #cancel: (() => void) | undefined;

  constructor(options: IdleCompareOptions) {
    this.#options = options;
  }

  /** Something changed: the document, or what is known of the server's. */
  changed(): void {
    const { env } = this.#options;
    this.#changedAt = env.now();
    if (this.#cancel === undefined) this.#wait(IDLE);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(ms: number): void {
    const { env } = this.#options;
    this.#cancel = env.timer(ms, () => this.#waited());
  }

  #waited(): void {
    this.#cancel = undefined;
    const left = this.#changedAt + IDLE - this.#options.env.now();
    if (left > 0) this.#wait(left);
    else this.#compare();
  }

  #compare(): void {
    const { env, doc, ready, send } = this.#options;
    // What makes it ready later is told as a change.
    if (!ready()) return;
    const { pendingStructs, pendingDs } = doc.store;
    if (pendingStructs !== null || pendingDs !== null) return;
    const compare = parts.compare.now;
    if (compare === undefined) {
      this.#cancel = whenHere(parts.compare, env, () => this.#waited());
      return;
    }
    const since = this.#changedAt;
    const steps = compare.contentHashSteps(doc);
    const run = () => {
      this.#cancel = undefined;
      if (!ready()) return;
      if (since !== this.#changedAt) {
        this.#wait(IDLE);
        return;
      }
      const { done, value } = steps.next();
      if (done === true) send({ state: compare.stateHash(doc), content: value });
      else later();
    };
    const later = () => {
      if (env.idle === undefined) run();
      else this.#cancel = env.idle(run);
    };
    later();
  }
}
