import { SEGMENT_SIZE, segmentOf } from '@weft/protocol';
import type { Documents, OpenDocument } from './documents.ts';
import type { SyncedDocument } from './synced-document.ts';

export interface SegmentsOptions {
  readonly id: string;
  readonly documents: Documents;
  /** A segment was opened: reads it, and what changes in it. Returns the end of that. */
  readonly watch: (segment: number, document: SyncedDocument) => () => void;
  /** It was closed, to be opened again when it is asked for. */
  readonly dropped: (segment: number) => void;
}

interface Open {
  readonly opened: OpenDocument;
  readonly document: SyncedDocument;
  readonly stop: () => void;
}

/** Segments that stay open after the last one who asked for them left: whoever scrolls back has them at once. */
const SPARE = 4;

/**
 * Which segments of a conversation are open: those that are pinned, those that a view holds, and a few more. A long
 * conversation would otherwise fill the memory of whoever reads on in it.
 */
export class Segments {
  readonly #options: SegmentsOptions;
  /** By number; the one left last at the end. */
  readonly #open = new Map<number, Open>();
  readonly #holders = new Map<number, number>();
  #pinned: ReadonlySet<number> = new Set();

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  get(segment: number): SyncedDocument | undefined {
    return this.#open.get(segment)?.document;
  }

  all(): readonly (readonly [segment: number, document: SyncedDocument])[] {
    return [...this.#open].map(([segment, { document }]) => [segment, document]);
  }

  /** These stay open, whoever holds them, until others are named. */
  pin(segments: Iterable<number>): void {
    this.#pinned = new Set(segments);
    for (const segment of this.#pinned) this.open(segment);
    this.#trim();
  }

  /** Opens a segment, and keeps it for as long as there is room. */
  open(segment: number): void {
    if (this.#open.has(segment)) return;
    const { id, documents, watch } = this.#options;
    const opened = documents.acquire({ kind: 'conversation', id, segment });
    // Only the server writes segments: there is nothing of ours that it could refuse, and no other copy to come.
    const document = opened.document.get();
    const stop = watch(segment, document);
    this.#open.set(segment, { opened, document, stop });
    this.#trim();
  }

  /** Opens the segments of these sequences until the returned function was called. */
  hold(first: number, last: number): () => void {
    const held: number[] = [];
    for (let segment = segmentOf(first); segment <= segmentOf(last); segment += 1) {
      held.push(segment);
      this.#holders.set(segment, (this.#holders.get(segment) ?? 0) + 1);
    }
    for (const segment of held) this.open(segment);
    return () => {
      for (const segment of held.splice(0)) this.#release(segment);
    };
  }

  /** @param keep `false` when they belong to a history that is gone */
  close(keep: boolean): void {
    for (const { opened, stop } of this.#open.values()) {
      stop();
      this.#options.documents.release(opened, keep);
    }
    this.#open.clear();
    this.#pinned = new Set();
  }

  #release(segment: number): void {
    const left = (this.#holders.get(segment) ?? 0) - 1;
    if (left > 0) {
      this.#holders.set(segment, left);
      return;
    }
    this.#holders.delete(segment);
    const open = this.#open.get(segment);
    if (open === undefined) return;
    this.#open.delete(segment);
    this.#open.set(segment, open);
    this.#trim();
  }

  #trim(): void {
    const spare = [...this.#open].filter(
      ([segment]) => !this.#holders.has(segment) && !this.#pinned.has(segment),
    );
    for (const [segment, { opened, stop }] of spare.slice(0, -SPARE)) {
      this.#open.delete(segment);
      stop();
      this.#options.documents.release(opened);
      this.#options.dropped(segment);
    }
  }
}

/** The first sequence of a segment. */
export function firstOf(segment: number): number {
  return segment * SEGMENT_SIZE + 1;
}
