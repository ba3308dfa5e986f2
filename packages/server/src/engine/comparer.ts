import { contentHashSteps, stateHash } from '@weft/protocol';
import type { Log } from '@weft/storage';
import type * as Y from 'yjs';
import { type Logger, reasonOf } from '../logger.ts';
import { type DocumentDigest, digestUpdates } from './digest.ts';
import type { Folder } from './folder.ts';
import { readStream } from './load.ts';

/** Bytes of a document above which its digest is computed in the folder's thread: everybody else would wait for it. */
const INLINE_MAX_BYTES = 1024 * 1024;

/** Bytes of a document per millisecond of rest after its digest: a client could ask after each of its edits. */
const REST_BYTES_PER_MS = 1024;

/** Differing contents of one document that are told apart; more are somebody's invention. */
const PAIRS_MAX = 16;

/** A document that clients compare theirs with. */
export interface Comparable {
  readonly name: string;
  readonly stream: string;
  readonly doc: Y.Doc;
  /** Number of the newest record that `doc` holds. */
  readonly number: number;
}

interface Known {
  /** The newest digest, and the record up to which it speaks; nothing before the first. */
  digest: { readonly number: number; readonly value: DocumentDigest } | undefined;
  computing: Promise<DocumentDigest | undefined> | undefined;
  /** No other digest before this time. */
  restUntil: number;
  readonly pairs: Set<string>;
  /** The record up to which the loaded document itself was compared. */
  ownChecked: number;
}

/**
 * Compares replicas with what the log holds (law D1). Equal state vectors do not prove equal content: an update with
 * forged neighbours, or two writers under one client id, make replicas differ for ever, in silence.
 */
export class Comparer {
  readonly #log: Log;
  readonly #folder: Pick<Folder, 'digest'>;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #mend: (document: Comparable) => Promise<void>;
  readonly #known = new WeakMap<Y.Doc, Known>();
  #found = 0;

  constructor(options: {
    readonly log: Log;
    readonly folder: Pick<Folder, 'digest'>;
    readonly logger: Logger;
    readonly now: () => number;
    /** The loaded document itself reads differently from the log: it is to be loaded anew. */
    readonly mend: (document: Comparable) => Promise<void>;
  }) {
    this.#log = options.log;
    this.#folder = options.folder;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#mend = options.mend;
  }

  /** How often a replica was found to differ. */
  get found(): number {
    return this.#found;
  }

  /**
   * Takes what a client says of its replica. Resolves with what the log holds, for the client to see for itself;
   * `undefined` where that is not known just now.
   */
  async compare(document: Comparable, said: DocumentDigest): Promise<DocumentDigest | undefined> {
    const known = this.#knownOf(document.doc);
    const own = await this.#digest(document, known);
    if (own === undefined || own.state !== said.state || own.content === said.content) return own;
    const pair = `${said.content}:${own.content}`;
    if (known.pairs.has(pair) || known.pairs.size >= PAIRS_MAX) return own;
    known.pairs.add(pair);
    this.#found += 1;
    this.#logger.error('A replica differs from the log.', {
      document: document.name,
      state: own.state,
      server: own.content,
      client: said.content,
      found: this.#found,
    });
    // Not waited for: where it closes the document, the answer must have left before.
    this.#checkOwn(document, known, own).catch((error: unknown) => {
      this.#logger.error('A document could not be loaded anew.', {
        document: document.name,
        reason: reasonOf(error),
      });
    });
    return own;
  }

  /** The engine's own copy took the updates in the order in which they came, and may read differently too. */
  async #checkOwn(document: Comparable, known: Known, own: DocumentDigest): Promise<void> {
    const { doc, number, name } = document;
    if (known.ownChecked === number || stateHash(doc) !== own.state) return;
    known.ownChecked = number;
    const content = await hashInTurns(doc);
    if (content === own.content) return;
    if (content === undefined) {
      // It was written to meanwhile: the next who differs has it looked at again.
      known.ownChecked = -1;
      return;
    }
    this.#logger.error('The loaded document differs from the log and is loaded anew.', {
      document: name,
    });
    await this.#mend(document);
  }

  #knownOf(doc: Y.Doc): Known {
    const found = this.#known.get(doc);
    if (found !== undefined) return found;
    const made: Known = {
      digest: undefined,
      computing: undefined,
      restUntil: Number.NEGATIVE_INFINITY,
      pairs: new Set(),
      ownChecked: -1,
    };
    this.#known.set(doc, made);
    return made;
  }

  async #digest(document: Comparable, known: Known): Promise<DocumentDigest | undefined> {
    if (known.digest?.number === document.number) return known.digest.value;
    const resting = this.#now() < known.restUntil;
    if (known.computing === undefined && resting) return known.digest?.value;
    known.computing ??= this.#compute(document, known).finally(() => {
      known.computing = undefined;
    });
    return known.computing;
  }

  async #compute(document: Comparable, known: Known): Promise<DocumentDigest | undefined> {
    const { stream, name } = document;
    try {
      const read = await readStream(this.#log, stream, 0);
      // What was committed since the question belongs to another state than the one that was asked about.
      const since = read.number - document.number;
      const later = since > 0 && since < read.updates.length ? since : 0;
      const updates = read.updates.slice(0, read.updates.length - later);
      const number = read.number - later;
      const bytes = updates.reduce((sum, update) => sum + update.length, 0);
      const value =
        bytes > INLINE_MAX_BYTES && this.#folder.digest !== undefined
          ? await this.#folder.digest(updates)
          : digestUpdates(updates);
      known.digest = { number, value };
      known.restUntil = this.#now() + bytes / REST_BYTES_PER_MS;
      return value;
    } catch (error) {
      // Nothing is said of a document that cannot be read: its next load says why.
      this.#logger.error('A document could not be compared.', {
        document: name,
        reason: reasonOf(error),
      });
      return undefined;
    }
  }
}

/** The content hash of a loaded document, read a little in each turn; `undefined` when it changes meanwhile. */
async function hashInTurns(doc: Y.Doc): Promise<string | undefined> {
  let changed = false;
  const note = () => {
    changed = true;
  };
  doc.on('update', note);
  doc.on('destroy', note);
  try {
    const steps = contentHashSteps(doc);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      if (changed) return undefined;
    }
  } finally {
    doc.off('update', note);
    doc.off('destroy', note);
  }
}
