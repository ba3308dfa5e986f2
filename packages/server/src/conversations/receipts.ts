import {
  type Mark,
  NOTHING_SEEN,
  type Receipt,
  type Receipts as ReceiptsMessage,
  clampWatermarks,
  mergeWatermarks,
} from '@weft/protocol';
import type { Registry } from '@weft/storage';
import type { Principal } from '../auth/principal.ts';
import { type Logger, reasonOf } from '../logger.ts';
import type { Timings } from './timings.ts';

/** Milliseconds between two rounds of one conversation's receipts: whoever scrolls moves with each message. */
const ROUND_MS = 1_000;

interface Round {
  readonly tenant: string;
  readonly conversation: string;
  /** Marks since the last round, by person. */
  readonly waiting: Map<string, Receipt>;
}

/** Gathers the marks of each conversation, keeps them, and tells those who follow it: at most one round a second. */
export class Receipts {
  readonly #registry: Registry;
  readonly #logger: Logger;
  readonly #head: (tenant: string, conversation: string) => Promise<number>;
  readonly #tell: (tenant: string, message: ReceiptsMessage) => void;
  readonly #rounds = new Map<string, Round>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #timings: Timings | undefined;
  #writing = 0;

  constructor(options: {
    readonly registry: Registry;
    readonly logger: Logger;
    /** The highest sequence of a conversation. */
    readonly head: (tenant: string, conversation: string) => Promise<number>;
    readonly tell: (tenant: string, message: ReceiptsMessage) => void;
    readonly timings?: Timings;
  }) {
    this.#registry = options.registry;
    this.#logger = options.logger;
    this.#head = options.head;
    this.#tell = options.tell;
    this.#timings = options.timings;
  }

  /** Whether marks are being kept just now. Those that wait for the next round are said again by their clients. */
  get busy(): boolean {
    return this.#writing > 0;
  }

  /** Takes in what a person who may read the conversation says. The first mark of a quiet conversation goes at once. */
  mark(principal: Principal, mark: Mark): void {
    const { tenant, sub, name } = principal;
    const { conversation } = mark;
    const key = `${tenant}/${conversation}`;
    const running = this.#rounds.get(key);
    const round = running ?? { tenant, conversation, waiting: new Map<string, Receipt>() };
    const before = round.waiting.get(sub) ?? NOTHING_SEEN;
    round.waiting.set(sub, { person: sub, name, ...mergeWatermarks(before, mark) });
    if (running !== undefined) return;
    this.#rounds.set(key, round);
    this.#run(key, round);
  }

  /** Where everybody is. */
  async of(tenant: string, conversation: string): Promise<ReceiptsMessage> {
    const members = await this.#registry.receipts(tenant, conversation);
    return { type: 'receipts', conversation, members: [...members] };
  }

  /** Ends the rounds. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#rounds.clear();
  }

  #run(key: string, round: Round): void {
    const marks = [...round.waiting.values()];
    round.waiting.clear();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (round.waiting.size === 0) this.#rounds.delete(key);
      else this.#run(key, round);
    }, ROUND_MS);
    timer.unref();
    this.#timers.add(timer);
    this.#writing += 1;
    this.#keep(round, marks)
      .catch((error: unknown) => {
        this.#logger.error('Receipts could not be kept.', { reason: reasonOf(error) });
      })
      .finally(() => {
        this.#writing -= 1;
      });
  }

  async #keep({ tenant, conversation }: Round, marks: readonly Receipt[]): Promise<void> {
    const head = await this.#head(tenant, conversation);
    const kept = await Promise.all(
      marks.map(async (receipt) => {
        const { person, name } = receipt;
        const { delivered, read } = clampWatermarks(receipt, head);
        return this.#registry.putReceipt(tenant, conversation, { person, name, delivered, read });
      }),
    );
    const members = kept.filter((receipt) => receipt !== undefined);
    for (const member of members) this.#timings?.moved(tenant, conversation, member);
    if (members.length > 0) this.#tell(tenant, { type: 'receipts', conversation, members });
  }
}
