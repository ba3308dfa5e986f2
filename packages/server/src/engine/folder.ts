import { Worker } from 'node:worker_threads';
import type { DocumentDigest } from './digest.ts';
import { type Packed, pack } from './packed.ts';

/** What the worker is asked: fold these, or tell what a document made of them holds. */
export interface FoldRequest {
  readonly id: number;
  readonly want: 'fold' | 'digest';
  readonly packed: Packed;
}

export type FoldAnswer =
  | { readonly id: number; readonly outcome: 'folded'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly outcome: 'digested'; readonly digest: DocumentDigest }
  | { readonly id: number; readonly outcome: 'failed'; readonly reason: string };

/** Folds many updates into one. */
export interface Folder {
  fold(updates: readonly Uint8Array[]): Promise<Uint8Array>;
  /** The digest of what they make; a folder without it leaves that to whoever asks. */
  digest?(updates: readonly Uint8Array[]): Promise<DocumentDigest>;
  close(): Promise<void>;
}

/** Sources run as they are, the published package as JavaScript: the worker has the same ending as this file. */
const WORKER = new URL(
  `./fold-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

/** A folder with a thread of its own, started when it is first needed; it does not keep the process alive. */
export function createWorkerFolder(): Folder {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<
    number,
    { readonly resolve: (answer: FoldAnswer) => void; readonly reject: (error: Error) => void }
  >();

  const failAll = (reason: string) => {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  };

  const start = (): Worker => {
    const made = new Worker(WORKER);
    made.unref();
    made.on('message', (answer: FoldAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.outcome === 'failed') asked?.reject(new Error(answer.reason));
      else asked?.resolve(answer);
    });
    made.on('error', (error) => failAll(error instanceof Error ? error.message : String(error)));
    made.on('exit', () => failAll('The folding thread ended.'));
    return made;
  };

  const ask = (want: FoldRequest['want'], updates: readonly Uint8Array[]): Promise<FoldAnswer> =>
    new Promise((resolve, reject) => {
      worker ??= start();
      const id = (next += 1);
      waiting.set(id, { resolve, reject });
      const packed = pack(updates);
      worker.postMessage({ id, want, packed } satisfies FoldRequest, [
        packed.bytes.buffer,
        packed.lengths.buffer,
      ]);
    });

  return {
    fold: async (updates) => {
      const answer = await ask('fold', updates);
      if (answer.outcome !== 'folded')
        throw new Error('The folding thread answered something else.');
      return answer.bytes;
    },
    digest: async (updates) => {
      const answer = await ask('digest', updates);
      if (answer.outcome !== 'digested')
        throw new Error('The folding thread answered something else.');
      return answer.digest;
    },
    close: async () => {
      const running = worker;
      if (running === undefined) return;
      await running.terminate();
    },
  };
}
