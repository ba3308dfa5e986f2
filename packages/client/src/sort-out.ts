import {
  type ErrorCode,
  Reidentifier,
  errorDefinition,
  hasStructs,
  readableText,
} from '@weft/protocol';
import * as Y from 'yjs';
import { EMPTY_UPDATE } from './merge.ts';

/** What the server said of a piece of work that was sent to it alone. */
export type Verdict =
  | { readonly verdict: 'stored' }
  | { readonly verdict: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** Made too late to be sent. */
  | { readonly verdict: 'untried' };

/** A piece of unsent work. */
export interface Candidate {
  readonly bytes: Uint8Array;
  /** How many local changes it holds. */
  readonly count: number;
  readonly verdict: Verdict;
}

/** Work that stays out of the document: what was refused for one reason, and what builds on it. */
export interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface Sorted {
  /** What is innocent, made again under a new client id, in order. */
  readonly remade: readonly { readonly bytes: Uint8Array; readonly count: number }[];
  readonly refused: readonly Refused[];
}

export interface SortOutOptions {
  /** The document as the server has it, with all that it stored of the candidates. */
  readonly base: Y.Doc;
  /** The client id to write under from now on. */
  readonly client: number;
  /** In the order in which they were made. */
  readonly candidates: readonly Candidate[];
  /** Whether this person may write at all. */
  readonly writer: boolean;
  /** Whether an id that is somebody else's is a reason to try once more under another. */
  readonly remakes: boolean;
}

/**
 * Tells what can still be kept from what cannot. A client's clocks have no gaps, so whatever follows a refused piece
 * is refused with it: it is made again under a new id, if all that it builds on is there. Only what the server has
 * refused, or never saw, is made again: anything else could come to be stored twice.
 */
export function sortOut(options: SortOutOptions): Sorted {
  const { base, client, candidates, writer, remakes } = options;
  const into = new Reidentifier(client, base);
  const remade: { readonly bytes: Uint8Array; readonly count: number }[] = [];
  const groups: { readonly code: ErrorCode; readonly message: string; updates: Uint8Array[] }[] =
    [];
  const vector = Y.encodeStateVector(base);
  const refuse = (whole: Uint8Array, code: ErrorCode, message: string) => {
    const bytes = code === 'client-id-taken' ? whole : lacking(whole, vector);
    const group = groups.find((other) => other.code === code);
    if (group === undefined) groups.push({ code, message, updates: [bytes] });
    else group.updates.push(bytes);
  };
  for (const { bytes, count, verdict: said } of candidates) {
    if (said.verdict === 'stored' && hasStructs(base, bytes)) continue;
    // The server takes ids that it has for work that it has: here they are somebody else's.
    const verdict = said.verdict === 'stored' ? TAKEN : said;
    const reason = writer ? finalReason(verdict, remakes) : readOnlyReason(verdict);
    if (reason !== undefined) {
      refuse(bytes, reason.code, reason.message);
      continue;
    }
    const again = into.again(bytes, verdict.verdict === 'refused' && isTaken(verdict));
    if (again === undefined) {
      // It builds on what was refused; where nothing was, on what the server does not have.
      const cause = groups.at(-1) ?? {
        code: 'update-gap' as const,
        message: errorDefinition('update-gap').message,
      };
      refuse(bytes, cause.code, cause.message);
    } else if (again.length > EMPTY_UPDATE.length) {
      remade.push({ bytes: again, count });
    }
  }
  return { remade, refused: groups.flatMap(together) };
}

const TAKEN: Verdict = {
  verdict: 'refused',
  code: 'client-id-taken',
  message: errorDefinition('client-id-taken').message,
};

interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
}

const isTaken = ({ code }: Reason) => code === 'client-id-taken';

/** Why a piece can never be stored, if that is so. */
function finalReason(verdict: Verdict, remakes: boolean): Reason | undefined {
  if (verdict.verdict !== 'refused') return undefined;
  if (isTaken(verdict)) return remakes ? undefined : verdict;
  return errorDefinition(verdict.code).retry === 'never' ? verdict : undefined;
}

function readOnlyReason(verdict: Verdict): Reason {
  if (verdict.verdict === 'refused') return verdict;
  return { code: 'read-only', message: errorDefinition('read-only').message };
}

/** What of an update is not in a document: a record may hold, beside what is refused, what another tab got stored. */
function lacking(update: Uint8Array, stateVector: Uint8Array): Uint8Array {
  try {
    return Y.diffUpdate(update, stateVector);
  } catch {
    // What cannot be read is kept as it is.
    return update;
  }
}

/** One entry for all of a group; where they cannot be merged, since some cannot be read, one for each. */
function together(group: {
  readonly code: ErrorCode;
  readonly message: string;
  readonly updates: readonly Uint8Array[];
}): readonly Refused[] {
  const { code, message, updates } = group;
  try {
    const bytes = Y.mergeUpdates([...updates]);
    return [{ code, message, bytes, text: readableText(bytes) }];
  } catch {
    return updates.map((bytes) => ({ code, message, bytes, text: readableText(bytes) }));
  }
}
