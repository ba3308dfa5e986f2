import { type Gauged, gauge } from '../gauge.ts';
import type { Kind } from '../kinds.ts';
import type { Talked } from '../load/jobs.ts';
import { NOISE } from '../machine.ts';
import type { Scenario, Stage } from '../scenario.ts';

const MEMBERS = 50;
const RATE = 200;

const CONVERSATIONS = 100;
const FEW = 5;

/** Messages a second, over all conversations, that are tried one after the other, until one is too much. */
const LADDER = [2_000, 3_000, 4_000, 6_000];

/** A rate is held when 99 of 100 arrivals take less than this many milliseconds, and all arrive. */
const HELD_MS = 250;

/** Above this the generator itself is late, and what it measures is not the server. */
const LATE_MS = 100;

/**
 * No other of the servers has conversations that are ordered and durable: beside ours stands only the relay, which
 * orders, stores and answers nothing, as the floor.
 */
const SPEAKING: readonly Kind[] = ['weft', 'relay'];

export const messages: Scenario = {
  name: 'messages',
  about: (quick) =>
    `one conversation, ${quick ? 10 : MEMBERS} members, ${quick ? 50 : RATE} messages/s; then ${quick ? 4 : CONVERSATIONS} conversations of ${FEW}, faster and faster`,
  run: async (stage) => {
    const { measures, rounds } = stage;
    measures.define('acked p50', 'ms');
    measures.define('acked p99', 'ms', { goal: 'at-most', value: 25 });
    measures.define('at another member p50', 'ms');
    measures.define('at another member p99', 'ms', { goal: 'at-most', value: 50 });
    measures.define('server CPU per 1,000 delivered', 'ms');
    measures.define('resident memory after', 'MB');
    measures.define('many conversations: acked p99', 'ms');
    measures.define('many conversations: at another member p99', 'ms');
    measures.define('highest rate held over many conversations', 'messages/s', {
      goal: 'at-least',
      value: 2_000,
    });
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of stage.kinds.filter((each) => SPEAKING.includes(each))) {
        await steady(stage, kind, round);
        await many(stage, kind, round);
      }
    }
  },
};

async function steady(stage: Stage, kind: Kind, round: number): Promise<void> {
  const { measures, quick } = stage;
  const rate = quick ? 50 : RATE;
  stage.progress(`${kind}, round ${round + 1}: ${rate} messages/s in one conversation`);
  const { talked, cpu, rss, others } = await talkMeasured(stage, kind, {
    conversations: 1,
    members: quick ? 10 : MEMBERS,
    rate,
    warmup: quick ? 200 : 3_000,
    duration: quick ? 500 : 12_000,
    attempts: 2,
  });
  stage.keep(kind, round, { step: 'steady', cpu, rss, others, ...talked });
  if (talked.acks.count > 0) {
    measures.add('acked p50', kind, talked.acks.p50);
    measures.add('acked p99', kind, talked.acks.p99);
  }
  measures.add('at another member p50', kind, talked.shown.p50);
  measures.add('at another member p99', kind, talked.shown.p99);
  measures.add('server CPU per 1,000 delivered', kind, (cpu / talked.delivered) * 1000);
  measures.add('resident memory after', kind, rss / 1e6);
}

async function many(stage: Stage, kind: Kind, round: number): Promise<void> {
  const { measures, quick } = stage;
  let held = 0;
  for (const rate of quick ? [100] : LADDER) {
    stage.progress(`${kind}, round ${round + 1}: ${rate} messages/s over many conversations`);
    const { talked, cpu, rss, others } = await talkMeasured(stage, kind, {
      conversations: quick ? 4 : CONVERSATIONS,
      members: FEW,
      rate,
      warmup: quick ? 200 : 1_000,
      duration: quick ? 500 : 5_000,
      attempts: 1,
    });
    const all = talked.delivered >= talked.expected && talked.refused === null;
    const outcome =
      all && talked.shown.p99 < HELD_MS
        ? 'held'
        : talked.late.p99 > LATE_MS
          ? 'beyond the generator'
          : 'too much';
    stage.keep(kind, round, { step: 'many', rate, outcome, cpu, rss, others, ...talked });
    if (held === 0) {
      if (talked.acks.count > 0)
        measures.add('many conversations: acked p99', kind, talked.acks.p99);
      measures.add('many conversations: at another member p99', kind, talked.shown.p99);
    }
    if (outcome !== 'held') break;
    held = rate;
  }
  measures.add('highest rate held over many conversations', kind, held);
}

/** Talks on a server of its own. While others keep the machine busy it is done again, and the least disturbed one counts. */
async function talkMeasured(
  stage: Stage,
  kind: Kind,
  options: {
    readonly conversations: number;
    readonly members: number;
    readonly rate: number;
    readonly warmup: number;
    readonly duration: number;
    readonly attempts: number;
  },
): Promise<Gauged & { readonly talked: Talked }> {
  const { conversations, attempts, ...rest } = options;
  let best: (Gauged & { readonly talked: Talked }) | undefined;
  for (let attempt = 0; attempt < (stage.quick ? 1 : attempts); attempt += 1) {
    await stage.quiet();
    const result = await stage.withServer(kind, {}, async (server) => {
      const names = Array.from({ length: conversations }, (_, index) => `messages-${index}`);
      const gauged = gauge(server);
      const { target } = server;
      const talked = await stage.load.run(
        { type: 'talk', target, conversations: names, ...rest },
        gauged.atGate,
      );
      return { talked, ...gauged.result() };
    });
    if (best === undefined || result.others < best.others) best = result;
    if (result.others <= NOISE) break;
  }
  if (best === undefined) throw new Error('Nothing was measured.');
  return best;
}
