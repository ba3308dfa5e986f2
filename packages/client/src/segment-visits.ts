import { type ConversationHead, SEGMENT_SIZE, segmentOf } from '@weft/protocol';
import type { Observable } from './api.ts';
import type { Whole } from './keep-all.ts';
import type { Messages } from './messages.ts';
import { type Segments, firstOf } from './segments.ts';

/** What is known of the conversation whose segments are visited. */
export interface VisitedPlace {
  readonly segments: Segments;
  readonly messages: Messages;
  /** Whether the server can be asked. */
  readonly online: Observable<boolean>;
  /** Segments of which the device holds something. */
  readonly onDevice: ReadonlySet<number>;
  readonly loaded: () => Promise<void>;
  readonly head: () => ConversationHead | undefined;
  /** The newest segment that is known of. */
  readonly newest: () => number;
  /** The newest sequence up to which there is no gap. */
  readonly end: () => number;
}

/** Goes to segments that nobody looks at: for an instant, or to have all of them here; each is let go again. */
export class SegmentVisits {
  readonly #place: VisitedPlace;

  constructor(place: VisitedPlace) {
    this.#place = place;
  }

  /**
   * The first message at or after an instant, as far as it can be told without a network; the newest where there is none.
   * @param at UTC milliseconds, as the server commits
   */
  async sequenceAt(at: number): Promise<number> {
    await this.#place.loaded();
    if (this.#place.end() === 0) return 0;
    const candidates = this.#reachable();
    let [low, high] = [0, candidates.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const first = firstOf(candidates[middle] ?? 0);
      const begins = await this.#with(candidates[middle] ?? 0, () => this.#timeOf(first));
      if (begins === undefined || begins >= at) high = middle - 1;
      else low = middle;
    }
    const segment = candidates[Math.max(low, 0)] ?? 0;
    return this.#with(segment, () => {
      let sequence = firstOf(segment);
      const last = Math.min(firstOf(segment + 1), this.#place.end());
      while (sequence < last && (this.#timeOf(sequence) ?? 0) < at) sequence += 1;
      return sequence;
    });
  }

  /**
   * Brings to the device what it lacks, the newest first.
   * @param since how far every segment was whole
   * @param told how many of how many are there
   * @returns how far all of them are whole now; nothing where one is not
   */
  async fetchAll(
    since: Whole | undefined,
    told: (have: number, of: number) => void,
    stopped: () => boolean,
  ): Promise<Whole | undefined> {
    await this.#place.loaded();
    const head = this.#place.head();
    if (head === undefined) return undefined;
    const total = this.#place.newest() + 1;
    const unchanged = since === undefined ? 0 : unchangedBelow(since, head);
    const lacking = Array.from({ length: total }, (_, segment) => segment).filter(
      (segment) => segment >= unchanged || !this.#place.onDevice.has(segment),
    );
    let have = total - lacking.length;
    for (const segment of lacking.toReversed()) {
      if (stopped()) break;
      const last = Math.min(firstOf(segment + 1) - 1, head.sequence);
      const whole = last - firstOf(segment) + 1;
      const isWhole = () =>
        this.#place.messages.count(segment) >= whole && this.#isCurrent(segment);
      // Every message may be here, and an edit not: the server's answer is waited for.
      if (await this.#with(segment, isWhole, () => false)) have += 1;
      told(have, total);
    }
    return have === total ? { event: head.event, sequence: head.sequence } : undefined;
  }

  /** Brings a segment. @returns whether the server was heard about it */
  bring(segment: number): Promise<boolean> {
    return this.#with(
      segment,
      () => this.#isCurrent(segment),
      () => false,
    );
  }

  #isCurrent(segment: number): boolean {
    return this.#place.segments.get(segment)?.current.get() === true;
  }

  /** Segments that can be had now. */
  #reachable(): readonly number[] {
    return this.#place.online.get()
      ? Array.from({ length: this.#place.newest() + 1 }, (_, segment) => segment)
      : [...this.#place.onDevice].toSorted((a, b) => a - b);
  }

  #timeOf(sequence: number): number | undefined {
    return this.#place.messages.bySequence.get(sequence)?.at;
  }

  /**
   * Asks something of a segment, once as much of it is here as can be had.
   * @param enough whether what the device has will do, whatever the server has changed in it
   */
  async #with<T>(
    segment: number,
    ask: () => T,
    enough = () => this.#place.messages.count(segment) === SEGMENT_SIZE,
  ): Promise<T> {
    const release = this.#place.segments.hold(firstOf(segment), firstOf(segment));
    try {
      const document = this.#place.segments.get(segment);
      await document?.loaded;
      const here = () => document?.current.get() !== false || !this.#place.online.get() || enough();
      if (document !== undefined && !here()) {
        await new Promise<void>((done) => {
          const look = () => {
            if (!here()) return;
            for (const stop of stops) stop();
            done();
          };
          const stops = [document.current.subscribe(look), this.#place.online.subscribe(look)];
        });
      }
      return ask();
    } finally {
      release();
    }
  }
}

/**
 * The segment from which on events since may have changed something: each that takes a sequence is in its own place.
 * Where others were among them it is not known which messages they changed, and that may be any.
 */
function unchangedBelow(since: Whole, head: ConversationHead): number {
  const events = head.event - since.event;
  if (events < 0 || events !== head.sequence - since.sequence) return 0;
  return events === 0 ? segmentOf(head.sequence) + 1 : segmentOf(since.sequence + 1);
}
