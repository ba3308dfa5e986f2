import {
  type ConversationEvent,
  EMPTY_HISTOGRAM,
  type Receipt,
  type TimingHistogram,
  type Timings as TimingsOf,
  observed,
} from '@weft/protocol';

/** Conversations whose timings are kept; those that were quiet for longest go first. */
const CONVERSATIONS = 1_000;

/** Messages of one conversation that are watched until somebody has read them; the oldest go first. */
const WATCHED = 512;

/** A message on its way to others. */
interface Watched {
  readonly sequence: number;
  readonly author: string;
  /** UTC milliseconds of the commit. */
  readonly at: number;
  /** When somebody else's device first said that it has it. */
  delivered: number | undefined;
}

interface Kept {
  readonly since: number;
  sentToStored: TimingHistogram;
  storedToDelivered: TimingHistogram;
  deliveredToRead: TimingHistogram;
  /** In sequence. */
  watched: Watched[];
}

/**
 * How long messages take to be stored, delivered and read, for each conversation. In memory, since the process began: what
 * a restart forgets is counted by nobody, and nothing else depends on it. Clients say at most once a second how far they
 * are, and so are these that coarse.
 */
export class Timings {
  readonly #now: () => number;
  /** By tenant and conversation, the one used last at the end. */
  readonly #kept = new Map<string, Kept>();
  readonly #began: number;

  /** @param now UTC milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  /** Something was committed. */
  stored(tenant: string, event: ConversationEvent): void {
    if (event.type !== 'message' || event.message.membership !== undefined) return;
    const { conversation, device } = event.command;
    const kept = this.#keep(tenant, conversation);
    const { sequence, author, at, sentAt } = event.message;
    // A request over HTTP bears the server's own time.
    if (device !== 'http' && sentAt <= at)
      kept.sentToStored = observed(kept.sentToStored, at - sentAt);
    kept.watched.push({ sequence, author, at, delivered: undefined });
    if (kept.watched.length > WATCHED) kept.watched.shift();
  }

  /** Somebody's watermarks have risen. */
  moved(tenant: string, conversation: string, { person, delivered, read }: Receipt): void {
    const kept = this.#kept.get(`${tenant}/${conversation}`);
    if (kept === undefined) return;
    const now = this.#now();
    kept.watched = kept.watched.filter((message) => {
      if (message.author === person) return true;
      if (message.delivered === undefined && message.sequence <= delivered) {
        message.delivered = now;
        kept.storedToDelivered = observed(kept.storedToDelivered, now - message.at);
      }
      if (message.sequence > read || message.delivered === undefined) return true;
      kept.deliveredToRead = observed(kept.deliveredToRead, now - message.delivered);
      return false;
    });
  }

  /** What is known of a conversation. */
  of(tenant: string, conversation: string): TimingsOf {
    const kept = this.#kept.get(`${tenant}/${conversation}`);
    return {
      since: kept?.since ?? this.#since(),
      sentToStored: kept?.sentToStored ?? EMPTY_HISTOGRAM,
      storedToDelivered: kept?.storedToDelivered ?? EMPTY_HISTOGRAM,
      deliveredToRead: kept?.deliveredToRead ?? EMPTY_HISTOGRAM,
    };
  }

  /** From when on a conversation that is not kept is counted: one that was let go begins anew. */
  #since(): number {
    return this.#kept.size < CONVERSATIONS ? this.#began : this.#now();
  }

  #keep(tenant: string, conversation: string): Kept {
    const key = `${tenant}/${conversation}`;
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const kept: Kept = known ?? {
      since: this.#since(),
      sentToStored: EMPTY_HISTOGRAM,
      storedToDelivered: EMPTY_HISTOGRAM,
      deliveredToRead: EMPTY_HISTOGRAM,
      watched: [],
    };
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > CONVERSATIONS && oldest !== undefined) this.#kept.delete(oldest);
    return kept;
  }
}
