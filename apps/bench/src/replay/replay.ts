import { type LocalServer, startLocalServer } from './local-server.ts';
import { type ReplayOptions, UsageError } from './options.ts';
import { describePlayed, describeProgress, describeTrace } from './report.ts';
import { type Played, playSession } from './session.ts';
import { readTrace } from './trace.ts';
import { type Outcome, differences, outcomeOf, readAfresh } from './verify.ts';
import { computeVersions, countConcurrent } from './versions.ts';

/** Where a replay writes and what it measures with. */
export interface Surroundings {
  /** Writes one line of the report. */
  readonly line: (text: string) => void;
  /** Shows how far it is, in place of what was shown before. */
  readonly progress: (text: string) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Names the document: it must be new on the server. */
  readonly document: () => string;
}

/**
 * Plays a trace and checks what everybody ended with.
 * @returns whether every replica ended with the trace's text and one hash, and all was stored
 * @throws UsageError, TraceError, SessionError: what kept it from being played
 */
export async function replay(options: ReplayOptions, around: Surroundings): Promise<boolean> {
  const trace = await readTrace(options.file);
  const versions = computeVersions(trace);
  const clients = options.clients ?? Math.max(2, trace.authors);
  if (clients < trace.authors) {
    throw new UsageError(`--clients must be at least ${trace.authors}, one for each author`);
  }
  const edits = trace.transactions.length;
  around.line(
    describeTrace({
      name: options.name,
      authors: trace.authors,
      clients,
      transactions: edits,
      concurrent: countConcurrent(versions),
      rate: options.rate,
    }),
  );

  const local = options.server === undefined ? await startLocalServer() : undefined;
  try {
    const url = local?.url ?? options.server?.url ?? '';
    const document = around.document();
    const tokenFor = async (sub: string, role: 'editor' | 'reader') =>
      (await local?.token(sub, role)) ?? options.server?.token ?? '';
    const tokens = await Promise.all(
      Array.from({ length: clients }, (_, index) =>
        index < trace.authors
          ? tokenFor(`author-${index}`, 'editor')
          : tokenFor(`reader-${index}`, 'reader'),
      ),
    );
    const reader = { url, document, token: await tokenFor('late-reader', 'reader') };

    const started = around.clock();
    const played = await playSession({
      trace,
      versions,
      url,
      document,
      tokens,
      rate: options.rate,
      clock: around.clock,
      progress: (progress) =>
        around.progress(describeProgress(progress, edits, (around.clock() - started) / 1000)),
    });
    for (const text of describePlayed(played, edits)) around.line(text);

    const outcomes: Outcome[] = await endSession(played, trace.authors);
    outcomes.push(await readAfresh({ who: 'a fresh reader', ...reader }));
    if (local !== undefined && options.kill) outcomes.push(await readAfterKill(local, reader));
    return conclude(outcomes, trace.endContent, around);
  } finally {
    await local?.close();
  }
}

async function endSession(played: Played, authors: number): Promise<Outcome[]> {
  const outcomes = played.participants.map(({ handle }, index) =>
    outcomeOf(index < authors ? `author ${index}` : `reader ${index}`, handle.doc),
  );
  await Promise.all(played.participants.map((participant) => participant.close()));
  return outcomes;
}

/** Law D2 as it is meant: what was said to be stored is there after the server died without a word. */
async function readAfterKill(
  local: LocalServer,
  reader: { readonly url: string; readonly token: string; readonly document: string },
): Promise<Outcome> {
  await local.killAndRestart();
  return readAfresh({ who: 'a reader after SIGKILL and restart', ...reader });
}

function conclude(outcomes: readonly Outcome[], endContent: string, around: Surroundings): boolean {
  const wrong = differences(outcomes, endContent);
  const pending = outcomes.reduce((sum, outcome) => sum + outcome.pending, 0);
  around.line(`pending structs      ${pending}`);
  around.line(`hash                 ${outcomes[0]?.hash ?? 'none'}`);
  if (wrong.length === 0) {
    const who = outcomes.map((outcome) => outcome.who).join(', ');
    around.line(`All stored. The trace's text and one hash: ${who}.`);
    return true;
  }
  for (const text of wrong) around.line(`wrong: ${text}`);
  return false;
}
