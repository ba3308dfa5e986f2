import type { HistoryEvent } from './event.ts';

/** Hears of each time that a law could be judged. */
export type Told = (law: string, holds: boolean, text: () => string) => void;

type ConversationEvent = Exclude<
  HistoryEvent,
  { readonly type: 'history' | 'end' | 'stored' | 'replica' }
>;

/** One conversation of a history: laws C1 to C8. */
export class ConversationCheck {
  readonly #name: string;
  readonly #told: Told;
  readonly #idAt = new Map<number, string>();
  readonly #sequenceOf = new Map<string, number>();
  readonly #durable = new Set<number>();
  /** Peer → ids in the order of sending. */
  readonly #sent = new Map<string, string[]>();
  readonly #acked = new Set<string>();
  readonly #failed = new Set<string>();
  /** What each peer was told last of each member. */
  readonly #receipts = new Map<string, { readonly delivered: number; readonly read: number }>();

  constructor(name: string, told: Told) {
    this.#name = name;
    this.#told = told;
  }

  take(event: ConversationEvent): void {
    switch (event.type) {
      case 'sent':
        this.#sentBy(event.peer).push(event.id);
        return;
      case 'acked':
        this.#place(event.id, event.sequence);
        this.#acked.add(event.id);
        this.#oneEnd(event.id);
        return;
      case 'failed':
        this.#failed.add(event.id);
        this.#oneEnd(event.id);
        return;
      case 'shown':
        this.#shown(event);
        return;
      case 'receipt':
        this.#receipt(event);
        return;
      case 'durable':
        this.#place(event.id, event.sequence);
        this.#durable.add(event.sequence);
        return;
      default: {
        const unreachable: never = event;
        return unreachable;
      }
    }
  }

  /** Nothing more comes: what must have become of everything is asked. */
  end(): void {
    const head = Math.max(0, ...this.#idAt.keys());
    const known = this.#durable.size > 0 ? this.#durable : new Set(this.#idAt.keys());
    const missing = Array.from({ length: head }, (_, at) => at + 1).filter((n) => !known.has(n));
    if (head > 0) {
      this.#judge(
        'C1',
        missing.length === 0,
        () => `${missing.join(', ')} of 1..${head} is nowhere`,
      );
    }
    for (const id of this.#acked) {
      if (this.#durable.size === 0) break;
      const sequence = this.#sequenceOf.get(id) ?? 0;
      const holds = this.#durable.has(sequence);
      this.#judge('C4', holds, () => `${id} was acked as ${sequence} and is not in the log`);
    }
    for (const [peer, ids] of this.#sent) {
      for (const id of ids) {
        const ended = this.#failed.has(id) || this.#sequenceOf.has(id);
        this.#judge('C7', ended, () => `${id} of ${peer} was neither stored nor called failed`);
      }
      let last = { id: '', sequence: 0 };
      for (const id of ids) {
        const sequence = this.#sequenceOf.get(id);
        if (sequence === undefined) continue;
        const before = last;
        const holds = sequence > before.sequence;
        this.#judge('C5', holds, () => {
          return `${peer} sent ${before.id} before ${id}, and they are ${before.sequence} and ${sequence}`;
        });
        last = { id, sequence };
      }
    }
    for (const [told, { read }] of this.#receipts) {
      this.#judge('C8', read <= head, () => `${told} has read ${read} of ${head}`);
    }
  }

  #shown({ peer, messages }: Extract<ConversationEvent, { readonly type: 'shown' }>): void {
    let before: number | undefined;
    for (const { id, sequence } of messages) {
      this.#place(id, sequence);
      const last = before;
      if (last !== undefined) {
        this.#judge(
          'C6',
          sequence === last + 1,
          () => `${peer} was shown ${sequence} after ${last}`,
        );
      }
      before = sequence;
    }
  }

  #receipt(event: Extract<ConversationEvent, { readonly type: 'receipt' }>): void {
    const { peer, member, delivered, read } = event;
    const key = `${member}, as ${peer} was told,`;
    const before = this.#receipts.get(key);
    if (before !== undefined) {
      const holds = delivered >= before.delivered && read >= before.read;
      this.#judge('C8', holds, () => {
        return `${key} went back from ${before.delivered}/${before.read} to ${delivered}/${read}`;
      });
    }
    this.#receipts.set(key, { delivered, read });
  }

  #place(id: string, sequence: number): void {
    const there = this.#idAt.get(sequence);
    const before = this.#sequenceOf.get(id);
    if (there !== undefined) {
      this.#judge('C2', there === id, () => `${sequence} is ${there} and ${id}`);
    }
    if (before !== undefined) {
      this.#judge('C3', before === sequence, () => `${id} is ${before} and ${sequence}`);
    }
    this.#idAt.set(sequence, there ?? id);
    this.#sequenceOf.set(id, before ?? sequence);
  }

  #oneEnd(id: string): void {
    const both = this.#acked.has(id) && this.#failed.has(id);
    this.#judge('C7', !both, () => `${id} was called stored and failed`);
  }

  #sentBy(peer: string): string[] {
    let ids = this.#sent.get(peer);
    if (ids === undefined) {
      ids = [];
      this.#sent.set(peer, ids);
    }
    return ids;
  }

  #judge(law: string, holds: boolean, text: () => string): void {
    this.#told(law, holds, () => `${this.#name}: ${text()}`);
  }
}
