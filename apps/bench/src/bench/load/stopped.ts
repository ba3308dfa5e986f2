import { createHistogram } from '../../replay/histogram.ts';
import { summarize } from '../summary.ts';
import { Client } from './client.ts';
import { PieceTypist } from './edits.ts';
import type { Passing, StoppedJob } from './jobs.ts';
import { eachMark, markText } from './marks.ts';

/** Milliseconds that updates may be on their way after the last was sent, and that a stopped reader may take. */
const DRAIN = 20_000;

/** The share of all texts whose latency is not counted: a server's code is compiled then. */
const WARM_UP = 0.1;

const WRITER_CLIENT = 0x4000_0000;

/**
 * One person writes a text over and over, others read it; one of them may stop reading before it begins, and goes on
 * when all has passed. Gates: before, half-way, and when everybody else has everything.
 */
export async function runStopped(
  job: StoppedJob,
  gate: (name: string) => Promise<void>,
): Promise<Passing> {
  const { target, document, readers, pieces, pieceBytes, rate, stopped } = job;
  const join = async (sub: string) => {
    const client = await Client.connect(target, document, sub);
    await client.opened();
    return client;
  };
  const writer = await join('writer');
  const others: Client[] = [];
  for (let index = 0; index < readers; index += 1) others.push(await join(`reader-${index}`));
  const sleeper = stopped ? await join('sleeper') : undefined;
  const sentAt: number[] = [];
  const arrival = createHistogram();
  const late = createHistogram();
  let delivered = 0;
  let denied: string | undefined;
  let arrived = () => undefined as void;
  writer.heard = (incoming) => {
    if (incoming.kind === 'denied') denied ??= incoming.reason;
  };
  for (const client of others) {
    client.heard = ({ kind, ...rest }, at) => {
      if (kind !== 'update' || !('bytes' in rest)) return;
      eachMark(rest.bytes, (mark) => {
        delivered += 1;
        if (mark >= pieces * WARM_UP) arrival.add(at - (sentAt[mark] ?? at));
      });
      arrived();
    };
  }
  sleeper?.stop();
  await gate('before');
  const typist = new PieceTypist(WRITER_CLIENT);
  const filling = 'x'.repeat(pieceBytes);
  let began = performance.now();
  let half = false;
  await new Promise<void>((resolve, reject) => {
    const tick = () => {
      if (!half && sentAt.length >= pieces / 2) {
        half = true;
        const stood = performance.now();
        gate('half').then(() => {
          began += performance.now() - stood;
          tick();
        }, reject);
        return;
      }
      const now = performance.now();
      const due = Math.min(half ? pieces : pieces / 2, ((now - began) * rate) / 1000);
      while (sentAt.length < due) {
        late.add(Math.max(0, now - began - (sentAt.length * 1000) / rate));
        const update = typist.replace(markText(sentAt.length) + filling);
        sentAt.push(performance.now());
        writer.write(update);
      }
      if (sentAt.length >= pieces || denied !== undefined) resolve();
      else setTimeout(tick, 1);
    };
    tick();
  });
  const expected = sentAt.length * readers;
  await until(DRAIN, (done) => {
    arrived = () => {
      if (delivered >= expected) done();
    };
    arrived();
  });
  await gate('passed');
  const bytes = others[0]?.traffic.received ?? 0;
  const woken =
    sleeper === undefined
      ? { back: null, bytes: 0 }
      : await wake(sleeper, sentAt.length - 1, () => Client.connect(target, document, 'sleeper'));
  await Promise.all([writer, ...others].map((each) => each.close()));
  return {
    type: 'stopped',
    delivered,
    expected,
    arrival: summarize(arrival),
    late: summarize(late),
    bytes,
    sleeperBytes: woken.bytes,
    back: woken.back,
    denied: denied ?? null,
  };
}

/** Who had stopped reads on. @returns milliseconds until it has the last text, and the bytes that it received in all */
async function wake(
  sleeper: Client,
  last: number,
  connect: () => Promise<Client>,
): Promise<{ readonly back: number | null; readonly bytes: number }> {
  const start = performance.now();
  const clients = [sleeper];
  let back: number | null = null;
  await until(DRAIN, (done, fail) => {
    const listen = (client: Client) => {
      client.heard = (incoming) => {
        if (incoming.kind !== 'update' && incoming.kind !== 'step2') return;
        eachMark(incoming.bytes, (mark) => {
          if (mark !== last) return;
          back = performance.now() - start;
          done();
        });
      };
    };
    listen(sleeper);
    // It answered nothing for so long that a server may have taken it for dead: it comes back then.
    sleeper.closed = () => {
      connect().then((again) => {
        clients.push(again);
        listen(again);
        again.open();
      }, fail);
    };
    sleeper.goOn();
  });
  sleeper.closed = () => undefined;
  await Promise.all(clients.map((client) => client.close()));
  return { back, bytes: clients.reduce((sum, { traffic }) => sum + traffic.received, 0) };
}

/** Resolves when it is done, or when so much time has passed: what is missing then is in the figures. */
function until(
  ms: number,
  begin: (done: () => void, fail: (error: unknown) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(resolve, ms);
    begin(
      () => {
        clearTimeout(late);
        resolve();
      },
      (error) => {
        clearTimeout(late);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
