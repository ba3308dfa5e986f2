import { encodeSyncStatus, errorDefinition } from '@weft/protocol';
import type { Outcome } from '../door/intake.ts';
import { plainName } from './document-key.ts';
import type { Line } from './line.ts';

/** Tells authors what became of their writes: by number where a write has one, in the stock framing else. */
export class Answers {
  readonly #line: Line;
  /** Highest committed write per document that its author was not told of yet. */
  #stored: Map<string, number> | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  /** @param n the number of the write; stock clients give none */
  answer(key: string, n: number | undefined, outcome: Outcome): void {
    this.#line.host.meter.write(outcome);
    if (outcome.outcome === 'failed') {
      this.#line.host.logger.error('A write could not be stored.', {
        document: plainName(key),
        reason: outcome.reason,
      });
      this.#line.bye('storage-failed', { retryAfter: 1000 });
      return;
    }
    if (n === undefined) {
      this.#line.wire.send(encodeSyncStatus(key, outcome.outcome === 'stored'));
    } else if (outcome.outcome === 'stored') {
      if (this.#stored === undefined) queueMicrotask(() => this.flush());
      this.#stored ??= new Map();
      this.#stored.set(key, n);
    } else {
      this.flush();
      const { code } = outcome;
      const { message } = errorDefinition(code);
      this.#line.send({ type: 'refused', document: key, n, code, message });
    }
  }

  /** One `stored` per document and turn: the number is cumulative. */
  flush(): void {
    const stored = this.#stored;
    if (stored === undefined) return;
    // Whoever writes nothing holds nothing for it.
    this.#stored = undefined;
    for (const [document, n] of stored) this.#line.send({ type: 'stored', document, n });
  }
}
