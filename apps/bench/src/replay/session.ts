import * as Y from 'yjs';
import { hasAstral } from './code-points.ts';
import { type Draft, createDraft } from './draft.ts';
import { type Drive, driveWriter } from './drive.ts';
import { type Histogram, createHistogram } from './histogram.ts';
import type { AuthorLedger } from './ledger.ts';
import { type Participant, SessionError, join } from './participant.ts';
import { type Receiver, createReceiver } from './receiver.ts';
import type { Trace } from './trace.ts';
import { type Traffic, countTraffic } from './traffic.ts';
import type { Versions } from './versions.ts';
import { type Writer, createWriter } from './writer.ts';

export interface SessionOptions {
  readonly trace: Trace;
  readonly versions: Versions;
  readonly url: string;
  readonly document: string;
  /** The first are the authors, the rest read. */
  readonly tokens: readonly string[];
  /** Transactions a second over all authors; `undefined` as fast as it goes. */
  readonly rate: number | undefined;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Called now and then while the session runs. */
  readonly progress: (progress: Progress) => void;
}

export interface Progress {
  readonly made: number;
  /** Of those made, how many the server is known to have committed. */
  readonly stored: number;
}

/** A session that was played to its end: everything made, received everywhere and stored. */
export interface Played {
  readonly participants: readonly Participant[];
  readonly traffic: Traffic;
  /** Edit → remote apply in milliseconds, a sample for each transaction and other client. */
  readonly latency: Histogram;
  /** Milliseconds from the first edit until the last was stored. */
  readonly took: number;
}

/** Milliseconds without any edit made, received or stored after which a session counts as stuck. */
const STUCK_AFTER = 30_000;
const LOOK_EVERY = 1000;

/**
 * Plays a session through one client per author and further ones that read.
 * @throws SessionError when the server refuses or nothing moves any more; TraceError when a patch does not fit
 */
export async function playSession(options: SessionOptions): Promise<Played> {
  const { trace, versions, url, document, tokens, rate, clock } = options;
  const traffic = countTraffic();
  const latency = createHistogram();
  const participants: Participant[] = [];
  const ending = new AbortController();
  const failed = (error: unknown) => ending.abort(error);
  try {
    for (const token of tokens) {
      participants.push(await join({ url, token, document, socket: traffic.socket, failed }));
    }
    const { drafts, authors } = prepareDrafts(trace, participants);
    const { signal } = ending;
    const took = await new Promise<number>((resolve, reject) => {
      const started = clock();
      const receivers: Receiver[] = [];
      const drives: Drive[] = [];
      const cleanups: (() => void)[] = [];
      let writing = trace.authors;
      let moves = 0;

      const lookAll = () => receivers.forEach((receiver) => receiver.look());
      const check = () => {
        if (writing > 0 || !allReceived(authors, receivers)) return;
        if (participants.some(({ handle }) => handle.status.get().state !== 'stored')) return;
        end(() => resolve(clock() - started));
      };
      const end = (settle: () => void) => {
        for (const cleanup of cleanups) cleanup();
        settle();
      };

      const writers: Writer[] = [];
      for (const [index, { handle }] of participants.entries()) {
        const self = index < trace.authors ? index : undefined;
        const receiver = createReceiver({
          doc: handle.doc,
          authors,
          self,
          clock,
          arrived: (milliseconds) => latency.add(milliseconds),
          moved: () => {
            moves += 1;
            drives[index]?.wake();
            check();
          },
        });
        receivers.push(receiver);
        cleanups.push(receiver.close);
        cleanups.push(
          handle.status.subscribe(() => {
            moves += 1;
            drives[index]?.wake();
            check();
          }),
        );
        const draft = drafts[index];
        if (self === undefined || draft === undefined) continue;
        const writer = createWriter({
          self,
          handle,
          draft,
          kind: trace.authors === 1 ? 'shared' : 'own',
          receiver,
          authors,
          transactions: trace.transactions,
          versions,
          clock,
          due: rate === undefined ? () => 0 : (at) => started + (at * 1000) / rate,
          silent: lookAll,
        });
        writers.push(writer);
        drives.push(
          driveWriter({
            writer,
            clock,
            done: () => {
              writing -= 1;
              check();
            },
            failed,
          }),
        );
      }
      cleanups.push(...drives.map((drive) => drive.stop));

      let lastMoves = -1;
      let lastMoved = clock();
      const looking = setInterval(() => {
        const progress = countProgress(authors, participants);
        options.progress(progress);
        const now = moves + progress.made;
        if (now !== lastMoves) lastMoved = clock();
        else if (clock() - lastMoved > STUCK_AFTER)
          failed(new SessionError(describeStuck(writers)));
        lastMoves = now;
      }, LOOK_EVERY);
      cleanups.push(() => clearInterval(looking));

      const abort = () => end(() => reject(asError(signal.reason)));
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      for (const drive of drives) drive.wake();
      check();
    });
    return { participants, traffic, latency, took };
  } catch (error) {
    await Promise.all(participants.map((participant) => participant.close()));
    throw error;
  }
}

/**
 * A single author writes into the client's own document; of several, each has a draft beside it. Where two inserts
 * meet, Yjs puts the lower client id first, and the recordings have the lower author first (friendsforever has such
 * places): so the drafts' random ids are handed out in order.
 */
function prepareDrafts(
  trace: Trace,
  participants: readonly Participant[],
): { drafts: readonly Draft[]; authors: readonly AuthorLedger[] } {
  const mayHoldAstral = trace.transactions.some(({ patches }) =>
    patches.some(([, , inserted]) => hasAstral(inserted)),
  );
  const docs =
    trace.authors === 1
      ? participants.slice(0, 1).map(({ handle }) => handle.doc)
      : Array.from({ length: trace.authors }, () => new Y.Doc()).toSorted(
          (a, b) => a.clientID - b.clientID,
        );
  const drafts = docs.map((doc) => createDraft(doc, mayHoldAstral));
  return { drafts, authors: drafts.map(({ client }) => ({ client, made: [] })) };
}

function allReceived(authors: readonly AuthorLedger[], receivers: readonly Receiver[]): boolean {
  return receivers.every(({ received }, index) =>
    authors.every(({ made }, author) => author === index || received[author] === made.length),
  );
}

function countProgress(
  authors: readonly AuthorLedger[],
  participants: readonly Participant[],
): Progress {
  const made = authors.reduce((sum, author) => sum + author.made.length, 0);
  const waiting = participants.reduce((sum, { handle }) => sum + handle.status.get().waiting, 0);
  return { made, stored: Math.max(0, made - waiting) };
}

function describeStuck(writers: readonly Writer[]): string {
  const states = writers.map((writer, author) => {
    const state = writer.state();
    if (state.state !== 'unseen') return `author ${author} is ${state.state}`;
    return `author ${author} has ${state.has} of ${state.needs} transactions of author ${state.author}`;
  });
  return `nothing moved for ${STUCK_AFTER / 1000} s: ${states.join(', ')}`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
