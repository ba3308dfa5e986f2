import {
  type Mark,
  type Message,
  NOTHING_SEEN,
  NOTHING_UNREAD,
  type Receipt,
  type Unread,
  type Watermarks,
  mergeReceipts,
  mergeWatermarks,
  unreadOf,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { Environment } from './api.ts';
import { type Derived, type Signal, derived, signal } from './observable.ts';

export interface ReadingOptions {
  readonly conversation: string;
  readonly env: Environment;
  readonly store: DeviceStore;
  /** The `sub` of the person, once it is known. */
  readonly me: () => string | undefined;
  /** By sequence. */
  readonly messages: ReadonlyMap<number, Message>;
  /** The sequence that the gap-free run of them begins with. */
  readonly first: () => number;
  readonly send: (mark: Mark) => void;
}

/** Milliseconds between two marks: whoever scrolls reads many messages a second. */
const PAUSE_MS = 1_000;

/**
 * How far everybody has got in a conversation (law C8), and what this person has not read. What they have read is kept
 * on the device, and said to the server again on each new connection: it merges by the higher mark.
 */
export class Reading {
  readonly receipts: Signal<readonly Receipt[]> = signal([]);
  readonly unread: Derived<Unread>;
  /** Resolves when the device's own mark was read, or could not be. */
  readonly loaded: Promise<void>;
  readonly #options: ReadingOptions;
  #own: Watermarks = NOTHING_SEEN;
  #said: Watermarks = NOTHING_SEEN;
  #online = false;
  #cancel: (() => void) | undefined;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.unread = derived(() => this.#computeUnread(), sameUnread);
    this.loaded = options.store.get(this.#key).then(
      (kept) => this.#raise({ delivered: 0, read: Number(kept ?? 0) || 0 }),
      // A device that cannot be read: the server knows what it was told.
      () => undefined,
    );
  }

  /** Everything up to a sequence is here. */
  arrived(sequence: number): void {
    this.#raise({ delivered: sequence, read: 0 });
  }

  /** Messages came, or changed. */
  changed(): void {
    this.unread.notify();
  }

  /** Everything up to a sequence was shown. */
  read(sequence: number): void {
    if (sequence <= this.#own.read) return;
    this.#raise({ delivered: 0, read: sequence });
    // What is not kept is counted as unread once more, at worst.
    this.#options.store.set(this.#key, String(this.#own.read)).catch(() => undefined);
  }

  /** The server told where people are; another device of this person may have read further. */
  heard(members: readonly Receipt[]): void {
    this.receipts.set(mergeReceipts(this.receipts.get(), members));
    const own = members.find(({ person }) => person === this.#options.me());
    if (own !== undefined) this.#raise({ delivered: 0, read: own.read });
  }

  /** The conversation is open on a connection. */
  online(): void {
    if (this.#online) return;
    this.#online = true;
    this.#say();
  }

  lost(): void {
    this.#online = false;
    this.#said = NOTHING_SEEN;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The sequences mean other messages now. */
  reset(): void {
    this.lost();
    this.#own = NOTHING_SEEN;
    this.receipts.set([]);
    this.#options.store.set(this.#key, '0').catch(() => undefined);
    this.unread.notify();
  }

  get #key(): string {
    return `read/${this.#options.conversation}`;
  }

  #raise(marks: Watermarks): void {
    const next = mergeWatermarks(this.#own, marks);
    if (next.read === this.#own.read && next.delivered === this.#own.delivered) return;
    this.#own = next;
    this.unread.notify();
    this.#say();
  }

  /** Tells the server what it does not know, at most once in a while. */
  #say(): void {
    const { delivered, read } = this.#own;
    if (!this.#online || this.#cancel !== undefined) return;
    if (delivered === this.#said.delivered && read === this.#said.read) return;
    this.#said = this.#own;
    const { conversation, env, send } = this.#options;
    send({ type: 'mark', conversation, delivered, read });
    this.#cancel = env.timer(PAUSE_MS, () => {
      this.#cancel = undefined;
      this.#say();
    });
  }

  #computeUnread(): Unread {
    const me = this.#options.me();
    if (me === undefined) return NOTHING_UNREAD;
    const { messages, first } = this.#options;
    return unreadOf(messages, this.#own.read, me, first());
  }
}

function sameUnread(a: Unread, b: Unread): boolean {
  return (
    a.after === b.after &&
    a.count === b.count &&
    a.uncounted === b.uncounted &&
    a.mentions === b.mentions &&
    a.messages.every((message, index) => {
      const other = b.messages[index];
      return message.id === other?.id && message.because === other.because;
    })
  );
}
