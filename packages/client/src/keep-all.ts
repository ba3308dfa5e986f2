import { type ConversationHead, naturalSchema } from '@weft/protocol';
import { type DeviceStore, KEEP } from '@weft/storage';
import * as v from 'valibot';
import type { Keeping, Observable } from './api.ts';
import { type Signal, signal } from './observable.ts';

/** How far a conversation is whole on this device: every segment holds all events up to this one. */
export interface Whole {
  readonly event: number;
  /** The highest sequence at that event. */
  readonly sequence: number;
}

export interface KeepAllOptions {
  readonly conversation: string;
  readonly store: DeviceStore;
  readonly online: Observable<boolean>;
  readonly timer: (ms: number, fire: () => void) => () => void;
  /**
   * Brings every segment that may lack something; says how many are here. Resolves with how far all of them are whole;
   * with nothing where something is missing.
   * @param since how far they were whole before, where that is known
   */
  readonly fetch: (
    since: Whole | undefined,
    told: (have: number, of: number) => void,
    stopped: () => boolean,
  ) => Promise<Whole | undefined>;
  /** Brings what a head names. Resolves with whether it is here. */
  readonly bring: (head: ConversationHead) => Promise<boolean>;
}

/**
 * Milliseconds after which it is noted how far everything is whole: longer than a tab waits for another one to keep what
 * both received, so that the note never says more than the device holds.
 */
const NOTE_AFTER = 3_000;

const noteSchema = v.object({
  server: v.string(),
  epoch: naturalSchema,
  event: naturalSchema,
  sequence: naturalSchema,
});

/**
 * The wish to have all of a conversation on this device, and how far that is. A device that comes back compares what
 * may have changed meanwhile, and not each of hundreds of segments.
 */
export class KeepAll {
  readonly keeping: Signal<Keeping> = signal<Keeping>({ state: 'off' });
  readonly #options: KeepAllOptions;
  #wish = false;
  #running = false;
  /** It was asked to run, since it last began to. */
  #again = false;
  #closed = false;
  #whole: Whole | undefined;
  /** Heads that were told of while everything was being fetched. */
  #heads: ConversationHead[] = [];
  #following: Promise<void> = Promise.resolve();
  #cancelNote: (() => void) | undefined;

  constructor(options: KeepAllOptions) {
    this.#options = options;
    options.online.subscribe(() => void this.#run());
    options.store.get(this.#key).then(
      (kept) => {
        if (kept === '1') this.#start();
      },
      // A device that cannot be read keeps nothing.
      () => undefined,
    );
  }

  keep(wish: boolean): void {
    // What is not remembered is asked for again.
    this.#options.store.set(this.#key, wish ? '1' : '0').catch(() => undefined);
    if (wish) this.#start();
    else {
      this.#wish = false;
      this.keeping.set({ state: 'off' });
    }
  }

  /** The server told of an event. */
  head(head: ConversationHead): void {
    if (!this.#wish || this.#closed) return;
    if (this.#running) this.#heads.push(head);
    else this.#follow(head);
  }

  /** The sequences mean other messages now. */
  reset(): void {
    this.#whole = undefined;
    this.#heads = [];
    this.#cancelNote?.();
    this.#cancelNote = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancelNote?.();
  }

  get #key(): string {
    return `${KEEP}${this.#options.conversation}`;
  }

  get #noteKey(): string {
    return `whole/${this.#options.conversation}`;
  }

  #start(): void {
    if (this.#wish) return;
    this.#wish = true;
    this.keeping.set({ state: 'fetching', have: 0, of: 0 });
    void this.#run();
  }

  /** Once for each connection: while it lasts, what comes later arrives by itself. */
  async #run(): Promise<void> {
    const { online, fetch } = this.#options;
    const stopped = () => !this.#wish || this.#closed || !online.get();
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    // The wish or the connection may go and come back meanwhile.
    while (this.#again && !stopped()) {
      this.#again = false;
      this.#heads = [];
      this.#whole ??= await this.#noted();
      const whole = await fetch(
        this.#whole,
        (have, of) => {
          if (!stopped()) this.keeping.set({ state: 'fetching', have, of });
        },
        stopped,
      );
      if (whole === undefined || stopped()) continue;
      this.#reached(whole);
      this.keeping.set({ state: 'kept' });
    }
    this.#running = false;
    for (const head of this.#heads.splice(0)) this.#follow(head);
  }

  /** One event after the other: behind a gap it is not known what is missing, and the next connection compares. */
  #follow(head: ConversationHead): void {
    this.#following = this.#following.then(async () => {
      if (this.#whole?.event !== head.event - 1) return;
      if ((await this.#options.bring(head)) && this.#whole?.event === head.event - 1) {
        this.#reached({ event: head.event, sequence: head.sequence });
      }
    });
  }

  #reached(whole: Whole): void {
    this.#whole = whole;
    this.#cancelNote ??= this.#options.timer(NOTE_AFTER, () => {
      this.#cancelNote = undefined;
      void this.#note();
    });
  }

  /** What is not noted is compared once more. */
  async #note(): Promise<void> {
    const { store } = this.#options;
    try {
      const history = await store.history();
      if (history === undefined || this.#whole === undefined) return;
      const { serverId: server, epoch } = history;
      await store.set(this.#noteKey, JSON.stringify({ server, epoch, ...this.#whole }));
    } catch {
      // The device keeps nothing now; it is noted at a later event.
    }
  }

  async #noted(): Promise<Whole | undefined> {
    const { store } = this.#options;
    try {
      const [kept, history] = await Promise.all([store.get(this.#noteKey), store.history()]);
      const note = v.safeParse(noteSchema, JSON.parse(kept ?? 'null'));
      // Numbers of another history speak of other events.
      if (!note.success || note.output.server !== history?.serverId) return undefined;
      return note.output.epoch === history.epoch ? note.output : undefined;
    } catch {
      return undefined;
    }
  }
}
