import type { DeviceEnvironment } from './environment.ts';

/** Local work that was handed in, and may not have been committed. */
export interface Jotting {
  readonly document: string;
  readonly bytes: Uint8Array;
  /** Local changes in it. */
  readonly changes: number;
}

/** One that another tab left, or a tab that is gone. */
export interface FoundJotting extends Jotting {
  readonly key: string;
  /** Who wrote it. */
  readonly tab: string;
}

const PREFIX = 'weft:jotting';

/** Milliseconds for which a tab that just went may still seem to be there. */
const GOING = 500;

/** Characters of all jottings at most, as each tab counts: browsers keep 5 MB for an origin, and others need some of it. */
const ROOM = 1_000_000;

/**
 * Writes local work down within the very call, until a transaction has committed it. A browser drops the transactions of
 * a page that ends or crashes, but for the one or two that are through already (measured: of 300 turns with a change
 * each, 4 to 300 were kept, also with every commit asked for), while what is in `localStorage` left the page within the
 * call. Where there is none, transactions are all there is.
 */
export class Jottings {
  readonly #storage: DeviceEnvironment['jottings'];
  readonly #locks: DeviceEnvironment['locks'];
  readonly #timer: DeviceEnvironment['timer'];
  readonly #prefix: string;
  readonly #own: string;
  #next = 0;
  #length = 0;
  #end: () => void = () => undefined;

  /** @param name of the database */
  constructor(
    env: Pick<DeviceEnvironment, 'jottings' | 'locks' | 'timer' | 'now' | 'random'>,
    name: string,
  ) {
    this.#storage = env.jottings;
    this.#locks = env.locks;
    this.#timer = env.timer;
    this.#prefix = `${PREFIX}:${name}:`;
    const tab = `${env.now().toString(36)}${env.random().toString(36).slice(2)}`;
    this.#own = `${this.#prefix}${tab}:`;
  }

  /** Writes it down. Returns what erases it; idempotent. */
  jot({ document, bytes, changes }: Jotting): () => void {
    const storage = this.#storage;
    if (storage === undefined) return () => undefined;
    if (this.#next === 0) this.#begin();
    if (this.#length + bytes.length * 2 > ROOM) return () => undefined;
    const key = `${this.#own}${String(this.#next).padStart(9, '0')}`;
    this.#next += 1;
    const text = `${changes} ${document} ${toText(bytes)}`;
    try {
      storage.setItem(key, text);
    } catch {
      // No room, or forbidden meanwhile: the transaction is on its way all the same.
      return () => undefined;
    }
    this.#length += text.length;
    let there = true;
    return () => {
      if (!there) return;
      there = false;
      this.#length -= text.length;
      this.erase(key);
    };
  }

  /** What others have left, in the order in which each of them wrote it. */
  found(): readonly FoundJotting[] {
    const storage = this.#storage;
    if (storage === undefined) return [];
    try {
      const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
      return keys
        .filter((key) => key.startsWith(this.#prefix) && !key.startsWith(this.#own))
        .toSorted()
        .flatMap((key) => read(key, storage.getItem(key)));
    } catch {
      return [];
    }
  }

  /** Does something with what a tab left, unless the tab is there: it will keep its work itself. */
  async ofTab(tab: string, take: () => Promise<void>): Promise<void> {
    if (this.#locks === undefined) return take();
    const giveUp = new AbortController();
    const stop = this.#timer(GOING, () => giveUp.abort());
    try {
      await this.#locks.request(tab, { signal: giveUp.signal }, take);
    } finally {
      stop();
    }
  }

  /** Nothing is jotted down any more. */
  close(): void {
    this.#end();
  }

  /** Counts what others have left, and holds a lock for as long as this tab is there. */
  #begin(): void {
    this.#next = 1;
    this.#length = this.found().reduce((sum, { bytes }) => sum + bytes.length * 2, 0);
    const end = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    // Without the lock its jottings may be taken by another tab, too: what that keeps twice is sent twice.
    this.#locks?.request(this.#own, () => end).catch(() => undefined);
  }

  erase(key: string): void {
    try {
      this.#storage?.removeItem(key);
    } catch {
      // It is found by the next tab, which sees that it is kept.
    }
  }
}

function read(key: string, text: string | null): readonly FoundJotting[] {
  const [changes, document, encoded] = text?.split(' ') ?? [];
  if (document === undefined || encoded === undefined) return [];
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const tab = key.slice(0, key.lastIndexOf(':') + 1);
    return [{ key, tab, document, bytes, changes: Math.max(1, Math.trunc(Number(changes)) || 1) }];
  } catch {
    return [];
  }
}

function toText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
