import type { ErrorCode } from '@weft/protocol';
import type { Log } from '@weft/storage';
import * as Y from 'yjs';
import { catchUp } from '../engine/load.ts';
import { Pipeline } from './pipeline.ts';
import { type QueuedClocks, decodeUpdate, examine } from './update.ts';

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

interface IntakeState {
  /** Number of the stream's newest record, queued ones included. */
  readonly head: number;
  readonly queued: QueuedClocks;
}

const NOTHING_QUEUED: QueuedClocks = new Map();

/**
 * The one door of a loaded document: decode → cut to what the log lacks → judge → append → commit → apply. Applying
 * fans out (the engine's listener), so nothing is shown to anybody before it is durable (law D3). Writes are
 * pipelined: each is examined against what is applied and what is queued before it.
 */
export class Intake {
  readonly #doc: Y.Doc;
  readonly #stream: string;
  readonly #now: () => number;
  readonly #created: (principal: string) => void;
  readonly #pipeline: Pipeline<IntakeState>;
  #applied: number;

  /** @param applied number of the newest record that `doc` holds @param idle called when nothing is under way */
  constructor(options: {
    readonly doc: Y.Doc;
    readonly log: Log;
    readonly stream: string;
    readonly applied: number;
    readonly now: () => number;
    readonly idle: () => void;
    /** Called after the first commit of a stream, with its author. */
    readonly created: (principal: string) => void;
  }) {
    this.#doc = options.doc;
    this.#stream = options.stream;
    this.#now = options.now;
    this.#created = options.created;
    this.#applied = options.applied;
    this.#pipeline = new Pipeline<IntakeState>(
      options.log,
      async () => {
        this.#applied = await catchUp(options.log, options.stream, options.doc, this.#applied);
        return { head: this.#applied, queued: NOTHING_QUEUED };
      },
      { initial: { head: options.applied, queued: NOTHING_QUEUED }, idle: options.idle },
    );
  }

  /** Whether a write is under way: the document must stay loaded. */
  get busy(): boolean {
    return this.#pipeline.busy;
  }

  /** Takes a write. Resolves after its commit and its apply, or with the reason why nothing changed. */
  async write(write: Write): Promise<Outcome> {
    const update = decodeUpdate(write.bytes);
    if (update === undefined) return { outcome: 'refused', code: 'update-invalid' };
    return this.#pipeline.run<Outcome>({
      decide: (state) => {
        const found = examine(this.#doc, state.queued, update);
        if (found.finding === 'known') return { do: 'answer', result: { outcome: 'stored' } };
        if (found.finding === 'refused') {
          return { do: 'answer', result: { outcome: 'refused', code: found.code } };
        }
        const entry = {
          stream: this.#stream,
          principal: write.principal,
          kind: 'update',
          at: this.#now(),
          bytes: found.bytes,
          after: state.head,
        };
        return {
          do: 'append',
          entries: [entry],
          next: { head: state.head + 1, queued: found.clocks },
          committed: () => {
            this.#applied = entry.after + 1;
            Y.applyUpdate(this.#doc, found.bytes, write.origin);
            if (entry.after === 0) this.#created(write.principal);
            return { outcome: 'stored' };
          },
        };
      },
      failed: (error) => ({ outcome: 'failed', reason: error.message }),
    });
  }

  /** Whether an update holds nothing that the document lacks: what a reader may send. */
  knows(bytes: Uint8Array): boolean {
    const update = decodeUpdate(bytes);
    return (
      update !== undefined && examine(this.#doc, NOTHING_QUEUED, update).finding === 'known'
    );
  }
}
