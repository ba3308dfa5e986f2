import { type Kind, inTurn } from '../kinds.ts';
import { measureDisk } from '../disk.ts';
import { type Gauged, gauge } from '../gauge.ts';
import type { Typed } from '../load/jobs.ts';
import { NOISE } from '../machine.ts';
import { type Scenario, type Stage, documentName } from '../scenario.ts';
import type { ServerChild } from '../server-child.ts';

const CLIENTS = 50;
const WRITERS = 10;
const RATE = 500;
const BASE = 10_000;

/** Edits a second that are tried one after the other, until one is too much. */
const LADDER = [2_000, 4_000, 8_000, 12_000, 16_000, 20_000, 24_000, 32_000];

/** A rate is held when 99 of 100 arrivals take less than this, and all arrive. */
const HELD_MS = 250;

/** Above this the generator itself is late, and what it measures is not the server. */
const LATE_MS = 100;

export const hot: Scenario = {
  name: 'hot',
  about: (quick) =>
    `one document, ${quick ? 10 : CLIENTS} clients, ${quick ? 3 : WRITERS} typing, ${quick ? 100 : RATE} edits/s; then faster and faster`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    measures.define('stored p99', 'ms', { goal: 'at-most', value: 25 });
    measures.define('fan-out p50', 'ms');
    measures.define('fan-out p99', 'ms', { goal: 'at-most-times', times: 2 });
    measures.define('server CPU per 1,000 delivered', 'ms', { goal: 'at-most-times', times: 1.2 });
    measures.define('resident memory after', 'MB');
    // What a durable answer waits for at least, on this disk and at this moment.
    measures.define('an fsync, p50', 'ms');
    measures.define('an fsync, p99', 'ms');
    measures.define('highest rate held', 'edits/s', { goal: 'at-least-times', times: 1 });
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(stage.kinds, round)) {
        await stage.withServer(kind, {}, async (server) => {
          await steady(stage, kind, round, server);
          if (!quick) await climb(stage, kind, round, server);
        });
      }
    }
  },
};

async function steady(stage: Stage, kind: Kind, round: number, server: ServerChild): Promise<void> {
  const { measures, quick } = stage;
  stage.progress(`${kind}, round ${round + 1}: ${quick ? 100 : RATE} edits/s`);
  const disk = kind === 'weft' ? await measureDisk() : undefined;
  if (disk !== undefined) {
    measures.add('an fsync, p50', kind, disk.p50);
    measures.add('an fsync, p99', kind, disk.p99);
  }
  const { typed, cpu, rss, others, stages } = await typeMeasured(stage, server, {
    document: `hot-${round}`,
    clients: quick ? 10 : CLIENTS,
    writers: quick ? 3 : WRITERS,
    rate: quick ? 100 : RATE,
    warmup: quick ? 200 : 3_000,
    duration: quick ? 500 : 12_000,
  });
  stage.keep(kind, round, {
    step: 'steady',
    cpu,
    rss,
    others,
    stages,
    disk,
    ...withoutMarks(typed),
  });
  if (typed.acks.count > 0) measures.add('stored p99', kind, typed.acks.p99);
  measures.add('fan-out p50', kind, typed.fanOut.p50);
  measures.add('fan-out p99', kind, typed.fanOut.p99);
  measures.add('server CPU per 1,000 delivered', kind, (cpu / typed.delivered) * 1000);
  measures.add('resident memory after', kind, rss / 1e6);
}

async function climb(stage: Stage, kind: Kind, round: number, server: ServerChild): Promise<void> {
  let held = 0;
  for (const rate of LADDER) {
    stage.progress(`${kind}, round ${round + 1}: ${rate} edits/s`);
    const { typed, cpu, others, stages } = await typeMeasured(stage, server, {
      document: `hot-${round}-${rate}`,
      clients: CLIENTS,
      writers: WRITERS,
      rate,
      warmup: 500,
      duration: 3_000,
      attempts: 1,
    });
    const all = typed.delivered >= typed.expected && typed.denied === null;
    const outcome =
      all && typed.fanOut.p99 < HELD_MS
        ? 'held'
        : typed.late.p99 > LATE_MS
          ? 'beyond the generator'
          : 'too much';
    stage.keep(kind, round, {
      step: 'climb',
      rate,
      outcome,
      cpu,
      others,
      stages,
      ...withoutMarks(typed),
    });
    if (outcome !== 'held') break;
    held = rate;
  }
  stage.measures.add('highest rate held', kind, held);
}

/** How often a measurement is repeated while others keep the machine busy. */
const ATTEMPTS = 2;

/**
 * Types, with what the server used over what was counted. While others keep the machine busy it is done again, on a
 * document of its own, and the least disturbed one counts; how much it was disturbed stays with the result.
 */
export async function typeMeasured(
  stage: Stage,
  server: ServerChild,
  options: {
    readonly document: string;
    readonly clients: number;
    readonly writers: number;
    readonly rate: number;
    readonly warmup: number;
    readonly duration: number;
    readonly documents?: number;
    readonly base?: number;
    readonly attempts?: number;
  },
): Promise<Gauged & { readonly typed: Typed }> {
  const { document, documents = 1, base = BASE, attempts = ATTEMPTS, ...rest } = options;
  let best: (Gauged & { readonly typed: Typed }) | undefined;
  for (let attempt = 0; attempt < (stage.quick ? 1 : attempts); attempt += 1) {
    if (attempts > 1) await stage.quiet();
    const names = Array.from({ length: documents }, (_, index) =>
      documentName(`${document}-${attempt}-${index}`),
    );
    const gauged = gauge(server);
    const typed = await stage.load.run(
      { type: 'typing', target: server.target, documents: names, base, end: 'drain', ...rest },
      gauged.atGate,
    );
    const result = { typed, ...gauged.result() };
    if (best === undefined || result.others < best.others) best = result;
    if (result.others <= NOISE) break;
  }
  if (best === undefined) throw new Error('Nothing was measured.');
  return best;
}

/** A result as it is kept: the marks are thousands, and only `lost` needs them. */
export function withoutMarks(typed: Typed): object {
  const { ackedMarks: _acked, shownMarks: _shown, ...rest } = typed;
  return rest;
}
