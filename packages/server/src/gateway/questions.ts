import type { Line } from './line.ts';
import { SLOW_BYTES } from './outflow.ts';

/** Questions of one socket, of different documents, that are being answered at a time. */
const ANSWERING_MAX = 8;

/** What is asked of one document. */
interface Question {
  ask: () => void;
}

/**
 * State vectors that a client sends, each of which is answered with as much as a document. Of each document one is
 * answered at a time, and none while too much waits for the reader; of those that come meanwhile the newest alone is
 * asked, as it covers the others. So whoever asks and does not read has few answers waiting, however often they ask.
 */
export class Questions {
  readonly #line: Pick<Line, 'host' | 'wire' | 'fail'>;
  /** Documents of which a question is being answered. */
  #answering: Set<string> | undefined;
  /** In the order in which their documents were first asked for. */
  #waiting: Map<string, Question> | undefined;
  #draining = false;

  constructor(line: Pick<Line, 'host' | 'wire' | 'fail'>) {
    this.#line = line;
  }

  /** A question came. @param ask puts it, now or later; what is asked in its place is never put */
  put(key: string, ask: () => void): void {
    const waiting = this.#waiting?.get(key);
    if (waiting !== undefined) {
      this.#line.host.flow.questionsMerged += 1;
      waiting.ask = ask;
      return;
    }
    this.#waiting ??= new Map();
    this.#waiting.set(key, { ask });
    this.#next();
  }

  /** The answer has been handed to the socket; or there will be none, since the document is closed. */
  answered(key: string): void {
    const answering = this.#answering;
    if (answering?.delete(key) !== true) return;
    // Most sockets ask once and then lie idle: these hold nothing for it.
    if (answering.size === 0) this.#answering = undefined;
    this.#next();
  }

  /** A document is closed: nothing of it is asked any more. */
  closed(key: string): void {
    this.#waiting?.delete(key);
    this.answered(key);
  }

  #next(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    for (const [key, { ask }] of waiting) {
      if ((this.#answering?.size ?? 0) >= ANSWERING_MAX || this.#full()) return;
      if (this.#answering?.has(key) === true) continue;
      waiting.delete(key);
      this.#answering ??= new Set();
      this.#answering.add(key);
      ask();
    }
    if (waiting.size === 0 && this.#waiting === waiting) this.#waiting = undefined;
  }

  /** Whether too much waits for the reader; then what waits here goes on once that is taken. */
  #full(): boolean {
    if (this.#draining) return true;
    const { wire } = this.#line;
    if ((wire.queued?.() ?? 0) < SLOW_BYTES) return false;
    this.#draining = true;
    (wire.drained?.() ?? Promise.resolve())
      .then(() => {
        this.#draining = false;
        this.#next();
      })
      .catch((error: unknown) => this.#line.fail(error));
    return true;
  }
}
