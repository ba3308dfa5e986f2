import type { DocumentHandle } from '@weft/client';
import * as Y from 'yjs';
import type { Draft } from './draft.ts';
import type { AuthorLedger } from './ledger.ts';
import type { Receiver } from './receiver.ts';
import type { Transaction } from './trace.ts';
import type { Versions } from './versions.ts';

/** What an author does next, and what that waits for. */
export type WriterState =
  | { readonly state: 'ready' }
  /** By the pace asked for, its time has not come. `at` is by the session's clock. */
  | { readonly state: 'early'; readonly at: number }
  /** Too many edits are not known to be stored: whoever does not wait here grows without bound. */
  | { readonly state: 'full' }
  /** What the next transaction had seen has not all arrived. */
  | {
      readonly state: 'unseen';
      readonly author: number;
      readonly has: number;
      readonly needs: number;
    }
  | { readonly state: 'done' };

/** An author who makes their part of the session, one transaction after another. */
export interface Writer {
  state(): WriterState;
  /** Makes the next transaction; to be called only when `ready`. */
  step(): void;
}

/** Edits of one author that may be under way to the server's disk. */
export const WINDOW = 2000;

export function createWriter(options: {
  readonly self: number;
  readonly handle: DocumentHandle;
  readonly draft: Draft;
  /** `own`: the draft is a document beside the client's. `shared`: it is the client's. */
  readonly kind: 'own' | 'shared';
  readonly receiver: Receiver;
  readonly authors: readonly AuthorLedger[];
  readonly transactions: readonly Transaction[];
  readonly versions: Versions;
  readonly clock: () => number;
  /** When a transaction's time comes, by `clock`. */
  readonly due: (index: number) => number;
  /** A transaction changed nothing: nobody will hear of it. */
  readonly silent: () => void;
}): Writer {
  const { self, handle, draft, receiver, authors, transactions, versions, clock, due } = options;
  const own = versions.byAuthor[self] ?? [];
  const ledger = authors[self];
  if (ledger === undefined) throw new Error(`no ledger for author ${self}`);
  const admitted = new Uint32Array(authors.length);
  const origin = { author: self };

  const admit = (seen: Uint32Array) => {
    const updates: Uint8Array[] = [];
    for (const [author, { made }] of authors.entries()) {
      if (author === self) continue;
      for (let count = admitted[author] ?? 0; count < (seen[author] ?? 0); count += 1) {
        const update = made[count]?.update;
        if (update !== undefined) updates.push(update);
      }
      admitted[author] = Math.max(admitted[author] ?? 0, seen[author] ?? 0);
    }
    draft.admit(updates);
  };

  return {
    state: () => {
      const index = own[ledger.made.length];
      if (index === undefined) return { state: 'done' };
      const at = due(index);
      if (at > clock()) return { state: 'early', at };
      if (handle.status.get().waiting >= WINDOW) return { state: 'full' };
      const seen = versions.seen[index];
      for (let author = 0; author < authors.length; author += 1) {
        const needs = seen?.[author] ?? 0;
        const has = receiver.received[author] ?? 0;
        if (author !== self && has < needs) return { state: 'unseen', author, has, needs };
      }
      return { state: 'ready' };
    },
    step: () => {
      const index = own[ledger.made.length] ?? 0;
      admit(versions.seen[index] ?? new Uint32Array(authors.length));
      const made = draft.make(transactions[index]?.patches ?? [], clock(), index);
      // Its ledger first: applying it to the client's document may tell others at once.
      // Bytes are kept only where other drafts will want them.
      ledger.made.push(options.kind === 'own' ? made : { ...made, update: undefined });
      if (made.update === undefined) options.silent();
      else if (options.kind === 'own') Y.applyUpdate(handle.doc, made.update, origin);
    },
  };
}
