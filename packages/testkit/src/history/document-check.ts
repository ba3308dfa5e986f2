import type { Told } from './conversation-check.ts';
import type { HistoryEvent } from './event.ts';

type DocumentEvent = Extract<HistoryEvent, { readonly type: 'stored' | 'replica' }>;
type ReplicaEvent = Extract<DocumentEvent, { readonly type: 'replica' }>;

/** One document of a history: laws D1 and D2. */
export class DocumentCheck {
  readonly #name: string;
  readonly #told: Told;
  /** State → the first hash that was seen of it. */
  readonly #hashes = new Map<string, { readonly hash: string; readonly peer: string }>();
  readonly #last = new Map<string, ReplicaEvent>();
  readonly #stored = new Map<string, number>();

  constructor(name: string, told: Told) {
    this.#name = name;
    this.#told = told;
  }

  take(event: DocumentEvent): void {
    if (event.type === 'stored') {
      this.#stored.set(event.peer, Math.max(event.change, this.#stored.get(event.peer) ?? 0));
      return;
    }
    const known = this.#hashes.get(event.state);
    if (known === undefined) {
      this.#hashes.set(event.state, event);
    } else {
      this.#judge('D1', known.hash === event.hash, () => {
        return `${known.peer} and ${event.peer} have one state, and ${known.hash} and ${event.hash}`;
      });
    }
    this.#last.set(event.peer, event);
  }

  end(): void {
    const [first, ...others] = this.#last.values();
    if (first === undefined) return;
    for (const other of others) {
      this.#judge('D1', first.hash === other.hash, () => {
        return `${first.peer} ended with ${first.hash}, and ${other.peer} with ${other.hash}`;
      });
    }
    for (const { peer, changes } of this.#last.values()) {
      if (changes === undefined) continue;
      for (const [author, stored] of this.#stored) {
        const has = changes[author] ?? 0;
        this.#judge('D2', has >= stored, () => {
          return `${author}'s changes were stored up to ${stored}, and ${peer} ended with ${has}`;
        });
      }
    }
  }

  #judge(law: string, holds: boolean, text: () => string): void {
    this.#told(law, holds, () => `${this.#name}: ${text()}`);
  }
}
