import { type Address, parseAddress } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import { type FoundMessage, messagesWith, textsOf } from './segment-texts.ts';
import type { KeptWords, TextStore } from './text-store.ts';

export interface TextQuery {
  /** Folded (`readQuery`). */
  readonly words: readonly string[];
  readonly conversation?: string;
  readonly limit: number;
}

export interface FoundText extends FoundMessage {
  readonly conversation: string;
}

/** What a search found so far. */
export interface TextsFound {
  /** The newest first. */
  readonly found: readonly FoundText[];
  /** Whether there are more than were asked for. */
  readonly more: boolean;
  /** Segments that were searched, of those on the device. */
  readonly have: number;
  readonly of: number;
}

/** Everything that is kept of conversations. */
const SEGMENTS = 'conversation/';

/** Milliseconds after which a search that has not seen everything tells what it has. */
const TELL_EVERY = 100;

interface Segment {
  readonly conversation: string;
  readonly words: KeptWords;
  /** Of its newest message. */
  readonly newest: number;
}

/**
 * Searches the messages that a device keeps. What is read off a segment is kept as plain text, and made again when the
 * device keeps another version of it: so what is found is what is there now (law F3).
 */
export class TextSearch {
  readonly #store: Pick<DeviceStore, 'versions' | 'load'>;
  readonly #texts: TextStore;
  readonly #now: () => number;
  /** By address; read from the text store at the first search. */
  #segments: Map<string, Segment> | undefined;
  /** One search after the other: two would read the same segments. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Searches that are waited for. */
  #waiting = 0;

  /** @param now milliseconds of any clock that goes on */
  constructor(store: Pick<DeviceStore, 'versions' | 'load'>, texts: TextStore, now: () => number) {
    this.#store = store;
    this.#texts = texts;
    this.#now = now;
  }

  /**
   * Finds messages. Where segments have to be read first, what was found meanwhile is told.
   * @param stopped whether nobody waits for it any more
   * @throws WeftError (rejects) `device-failed` when the device cannot be read
   */
  find(
    query: TextQuery,
    told: (found: TextsFound) => void,
    stopped: () => boolean,
  ): Promise<TextsFound> {
    this.#waiting += 1;
    const run = this.#tail.then(async () => {
      let last = this.#now();
      const counts = await this.#bringUpToDate(stopped, async (have, of) => {
        if (this.#now() - last < TELL_EVERY) return;
        told({ ...(await this.#search(query)), have, of });
        last = this.#now();
      });
      return { ...(await this.#search(query)), ...counts };
    });
    const over = () => {
      this.#waiting -= 1;
    };
    this.#tail = run.then(over, over);
    return run;
  }

  /**
   * Reads ahead of a search what it would have to read. It ends when a search is waited for: that one tells meanwhile
   * what it finds.
   */
  async prepare(): Promise<void> {
    const run = this.#tail.then(async () => {
      await this.#bringUpToDate(
        () => this.#waiting > 0,
        () => Promise.resolve(),
      );
    });
    this.#tail = run.catch(() => undefined);
    await run;
  }

  /** Takes out what the device does not keep any more. */
  async tidy(): Promise<void> {
    const run = this.#tail.then(async () => {
      const versions = await this.#store.versions(SEGMENTS);
      await this.#open();
      this.#forget(versions);
    });
    this.#tail = run.catch(() => undefined);
    await run;
  }

  async #open(): Promise<Map<string, Segment>> {
    if (this.#segments !== undefined) return this.#segments;
    const segments = new Map<string, Segment>();
    for (const [address, words] of await this.#texts.words()) {
      const segment = toSegment(address, words);
      if (segment !== undefined) segments.set(address, segment);
    }
    this.#segments = segments;
    return segments;
  }

  #forget(versions: ReadonlyMap<string, string>): void {
    for (const address of [...(this.#segments?.keys() ?? [])]) {
      if (versions.has(address)) continue;
      this.#segments?.delete(address);
      this.#texts.remove(address);
    }
  }

  async #bringUpToDate(
    stopped: () => boolean,
    progress: (have: number, of: number) => Promise<void>,
  ): Promise<{ readonly have: number; readonly of: number }> {
    const [versions, segments] = await Promise.all([this.#store.versions(SEGMENTS), this.#open()]);
    this.#forget(versions);
    const stale = [...versions]
      .filter(([address, version]) => segments.get(address)?.words.version !== version)
      // The newest messages are most often looked for.
      .toSorted(([a], [b]) => segmentIn(b) - segmentIn(a));
    // What was said there is not so any more, or was taken back.
    for (const [address] of stale) segments.delete(address);
    const of = versions.size;
    for (const [address, version] of stale) {
      if (stopped()) break;
      const { updates } = await this.#store.load(address);
      const texts = textsOf(updates);
      this.#texts.put(address, version, texts);
      const segment = toSegment(address, { ...texts.words, version });
      if (segment !== undefined) segments.set(address, segment);
      await progress(segments.size, of);
    }
    return { have: segments.size, of };
  }

  async #search({
    words,
    conversation,
    limit,
  }: TextQuery): Promise<{ readonly found: readonly FoundText[]; readonly more: boolean }> {
    const places: { address: string; segment: Segment; index: number; at: number }[] = [];
    const segments = [...(this.#segments ?? [])]
      .filter(([, segment]) => conversation === undefined || segment.conversation === conversation)
      .toSorted(([, a], [, b]) => b.newest - a.newest);
    for (const [address, segment] of segments) {
      // All that follows is older than what is there already.
      if (places.length > limit && segment.newest < (places[limit]?.at ?? 0)) break;
      let own = 0;
      for (const index of messagesWith(segment.words, words)) {
        places.push({ address, segment, index, at: segment.words.times[index] ?? 0 });
        own += 1;
        if (own > limit) break;
      }
      if (own > 0) places.sort((a, b) => b.at - a.at);
      places.splice(limit + 1);
    }
    const shown = places.slice(0, limit);
    const said = new Map<string, readonly FoundMessage[]>();
    await Promise.all(
      [...new Set(shown.map(({ address }) => address))].map(async (address) => {
        said.set(address, await this.#messagesOf(address));
      }),
    );
    const found = shown.flatMap(({ address, segment, index }) => {
      const sequence = segment.words.sequences[index];
      const message = said.get(address)?.find((each) => each.sequence === sequence);
      return message === undefined ? [] : [{ ...message, conversation: segment.conversation }];
    });
    return { found, more: places.length > limit };
  }

  /** From the texts; where these were lost meanwhile, from the segment. */
  async #messagesOf(address: string): Promise<readonly FoundMessage[]> {
    const kept = await this.#texts.messages(address);
    return kept ?? textsOf((await this.#store.load(address)).updates).messages;
  }
}

function toSegment(address: string, words: KeptWords): Segment | undefined {
  const parsed: Address | undefined = parseAddress(address);
  if (parsed?.kind !== 'conversation') return undefined;
  return { conversation: parsed.id, words, newest: words.times.at(-1) ?? 0 };
}

function segmentIn(address: string): number {
  const parsed = parseAddress(address);
  return parsed?.kind === 'conversation' ? parsed.segment : 0;
}
