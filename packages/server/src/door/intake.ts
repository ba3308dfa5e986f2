import type { ErrorCode } from '@weft/protocol';
import type { Log } from '@weft/storage';
import * as Y from 'yjs';
import { type StreamContent, catchUp } from '../engine/load.ts';
import { Tail, type TailWeight } from '../engine/tail.ts';
import { type Rules, judgeSize, judgeStructs } from './judge.ts';
import { Pipeline } from './pipeline.ts';
import { type Queued, decodeUpdate, examine } from './update.ts';

/** What became of a write. `stored` is said only after the commit (law D2). */
export type Outcome =
  | { readonly outcome: 'stored' }
  /** Nothing changed, and nothing will. */
  | { readonly outcome: 'refused'; readonly code: ErrorCode }
  /** The medium failed; the writer should come back and compare state vectors. */
  | { readonly outcome: 'failed'; readonly reason: string };

/** One update at the door. */
export interface Write {
  readonly bytes: Uint8Array;
  /** The `sub` it is written for. */
  readonly principal: string;
  /** Yjs origin for the apply: says whose socket it came from. */
  readonly origin: unknown;
}

/** Shows a committed update, and has it applied before it returns. */
export type Show = (update: Uint8Array, origin: unknown, apply: () => void) => void;

interface IntakeState {
  /** Number of the stream's newest record, queued ones included. */
  readonly head: number;
  /** Bytes of all the document's updates so far, queued ones included (`Tail.total`). */
  readonly total: number;
  readonly queued: Queued;
}

const NOTHING_QUEUED: Queued = new Map();

/**
 * The one door of a loaded document: decode → cut to what the log lacks → judge → append → commit → apply. Applying
 * fans out (the engine's listener), so nothing is shown to anybody before it is durable (law D3). Writes are
 * pipelined: each is examined against what is applied and what is queued before it.
 */
export class Intake {
  readonly #doc: Y.Doc;
  readonly #stream: string;
  readonly #now: () => number;
  readonly #show: Show;
  readonly #created: (principal: string) => void;
  readonly #found: () => void;
  readonly #pipeline: Pipeline<IntakeState>;
  readonly #log: Log;
  readonly #rules: Rules;
  readonly #recoveryUntil: number;
  /** Owners of the client ids met so far; the log has them all. */
  readonly #owners = new Map<number, string>();
  readonly #tail: Tail;
  readonly #grown: (weight: TailWeight) => void;
  /** Number of the newest record that the document holds. */
  #applied: number;

  /** @param options.content what `doc` was loaded from */
  constructor(options: {
    readonly doc: Y.Doc;
    readonly log: Log;
    readonly stream: string;
    readonly content: StreamContent;
    readonly rules: Rules;
    /** UTC milliseconds until which what a restored back-up lacks is adopted from whoever brings it. */
    readonly recoveryUntil?: number | undefined;
    readonly now: () => number;
    /** Called when nothing is under way any more. */
    readonly idle: () => void;
    /** Shows a committed update to whoever has the document open, and applies it; default: applies it. */
    readonly show?: Show;
    /** Called after the first commit of a stream, with its author. */
    readonly created: (principal: string) => void;
    /** The first write was committed, and nobody was told: its outcome was not known. */
    readonly found?: () => void;
    /** Called at the start and after each commit, with what is behind the stream's snapshot. */
    readonly grown: (weight: TailWeight) => void;
  }) {
    this.#doc = options.doc;
    this.#log = options.log;
    this.#rules = options.rules;
    this.#recoveryUntil = options.recoveryUntil ?? 0;
    this.#stream = options.stream;
    this.#now = options.now;
    this.#show = options.show ?? ((_update, _origin, apply) => apply());
    this.#created = options.created;
    this.#found = options.found ?? (() => undefined);
    this.#applied = options.content.number;
    this.#tail = new Tail(options.content);
    this.#grown = options.grown;
    this.#pipeline = new Pipeline<IntakeState>(
      options.log,
      async () => {
        await this.catchUp();
        return this.#present();
      },
      { initial: this.#present(), idle: options.idle },
    );
    this.#grown(this.#tail.weight);
  }

  /** The stream it writes to. */
  get stream(): string {
    return this.#stream;
  }

  /** Number of the newest record that the document holds. */
  get number(): number {
    return this.#applied;
  }

  /** Whether a write is under way: the document must stay loaded. */
  get busy(): boolean {
    return this.#pipeline.busy;
  }

  /** Takes a write. Resolves after its commit and its apply, or with the reason why nothing changed. */
  async write(write: Write): Promise<Outcome> {
    const update = decodeUpdate(write.bytes);
    if (update === undefined) return { outcome: 'refused', code: 'update-invalid' };
    const oversize = judgeSize(update, this.#rules.limits);
    if (oversize !== undefined) return { outcome: 'refused', code: oversize };
    return this.#pipeline.run<Outcome>({
      decide: (state) => {
        const found = examine(this.#doc, state.queued, update);
        if (found.finding === 'known') return { do: 'answer', result: { outcome: 'stored' } };
        if (found.finding === 'refused') {
          return { do: 'answer', result: { outcome: 'refused', code: found.code } };
        }
        const total = state.total + found.bytes.length;
        const now = this.#now();
        // After a restore, others may bring what its writer had stored; whose the ids are is for the log to know.
        const adopt = now < this.#recoveryUntil;
        const judged = judgeStructs(this.#doc, state.queued, update, this.#rules);
        if (judged.verdict === 'waits') return { do: 'wait' };
        const refused = (code: ErrorCode) =>
          ({ do: 'answer', result: { outcome: 'refused', code } }) as const;
        if (judged.verdict === 'refused') return refused(judged.code);
        const code =
          this.#judgeSize(total) ??
          (adopt ? undefined : this.#judgeOwners(found.writers, write.principal));
        if (code !== undefined) return refused(code);
        const claims = adopt
          ? found.writers
          : found.writers.filter((client) => !this.#owners.has(client));
        const entry = {
          stream: this.#stream,
          principal: write.principal,
          kind: 'update',
          at: now,
          bytes: found.bytes,
          after: state.head,
          ...(claims.length === 0 ? {} : { claims, adopt }),
        };
        return {
          do: 'append',
          entries: [entry],
          next: {
            head: state.head + 1,
            total,
            queued: judged.queued,
          },
          committed: () => {
            if (!adopt) for (const client of claims) this.#owners.set(client, write.principal);
            // The one before it was committed, and its author told that it was not: the log is read from there, and
            // shows both. Counted as applied, that one would never be shown, and be taken in once more.
            if (this.#applied === entry.after) {
              this.#applied += 1;
              this.#tail.appended(this.#applied, found.bytes.length);
              this.#show(found.bytes, write.origin, () => {
                Y.applyUpdate(this.#doc, found.bytes, write.origin);
              });
            }
            if (entry.after === 0) this.#created(write.principal);
            this.#grown(this.#tail.weight);
            return { outcome: 'stored' };
          },
          rejected: () => ({ outcome: 'refused', code: 'client-id-taken' }),
        };
      },
      failed: (error) => ({ outcome: 'failed', reason: error.message }),
    });
  }

  /** Applies what the log took in past this door: a segment's updates, after a commit whose outcome was not known. */
  async catchUp(): Promise<void> {
    const content = await catchUp(this.#log, this.#stream, this.#doc, this.#applied);
    if (content.number > this.#applied) this.#tail.reread(content);
    if (content.number > 0 && this.#applied === 0) this.#found();
    this.#applied = content.number;
  }

  /** Part of the stream was folded into a snapshot. */
  folded(upTo: number, snapshotBytes: number): void {
    this.#tail.folded(upTo, snapshotBytes);
  }

  /**
   * A client id is about to be shown to others: from now on it belongs to the principal who showed it, so that
   * nobody who reads it there can write under it first (law D7).
   * @returns whether it is the principal's; a promise where the log has to be asked
   */
  announce(client: number, principal: string): boolean | Promise<boolean> {
    const owner = this.#owners.get(client);
    if (owner !== undefined) return owner === principal;
    return this.#log.claim(this.#stream, client, principal).then((first) => {
      this.#owners.set(client, first);
      return first === principal;
    });
  }

  #present(): IntakeState {
    return { head: this.#applied, total: this.#tail.total, queued: NOTHING_QUEUED };
  }

  #judgeSize(total: number): ErrorCode | undefined {
    const size = this.#tail.sizeAt(total);
    return size > this.#rules.limits.documentBytes ? 'document-too-large' : undefined;
  }

  #judgeOwners(writers: readonly number[], principal: string): ErrorCode | undefined {
    const taken = writers.some((client) => (this.#owners.get(client) ?? principal) !== principal);
    return taken ? 'client-id-taken' : undefined;
  }

  /** Whether an update holds nothing that the document lacks: what a reader may send. */
  knows(bytes: Uint8Array): boolean {
    const update = decodeUpdate(bytes);
    return update !== undefined && examine(this.#doc, NOTHING_QUEUED, update).finding === 'known';
  }
}
