import * as encoding from 'lib0/encoding';
import { createHistogram } from '../../replay/histogram.ts';
import { summarize } from '../summary.ts';
import { Client } from './client.ts';
import type { CaretsJob, Moved } from './jobs.ts';
import { eachMark, markText } from './marks.ts';

/** Milliseconds that states may be on their way after the last was sent. */
const DRAIN = 1_000;

/** Client ids begin here, so that they take as many bytes as drawn ones. */
const FIRST_CLIENT = 0x4000_0000;

interface Caret {
  readonly client: Client;
  readonly id: number;
  clock: number;
}

/** Carets move: each of them in turn, evenly over the second, whatever the server does. */
export async function runCarets(
  job: CaretsJob,
  gate: (name: string) => Promise<void>,
): Promise<Moved> {
  const carets: Caret[] = [];
  for (let index = 0; index < job.clients; index += 1) {
    const client = await Client.connect(job.target, job.document, `person-${index}`);
    await client.opened();
    carets.push({ client, id: FIRST_CLIENT + index * 104_729, clock: 0 });
  }
  const sentAt: number[] = [];
  const author: Client[] = [];
  let from = 0;
  let delivered = 0;
  let denied: string | undefined;
  let arrival = createHistogram();
  let late = createHistogram();
  for (const { client } of carets) {
    client.heard = (incoming, at) => {
      if (incoming.kind === 'denied') denied ??= incoming.reason;
      if (incoming.kind !== 'awareness') return;
      eachMark(incoming.bytes, (mark) => {
        if (mark < from || author[mark] === undefined || author[mark] === client) return;
        delivered += 1;
        arrival.add(at - (sentAt[mark] ?? at));
      });
    };
  }
  const move = (ms: number) =>
    new Promise<void>((resolve) => {
      const perSecond = job.clients * job.rate;
      const count = Math.round((ms * perSecond) / 1000);
      const first = sentAt.length;
      const began = performance.now();
      const tick = () => {
        const now = performance.now();
        const due = Math.min(count, ((now - began) * perSecond) / 1000);
        while (sentAt.length - first < due) {
          const mark = sentAt.length;
          late.add(Math.max(0, now - began - ((mark - first) * 1000) / perSecond));
          const caret = carets[mark % carets.length];
          if (caret === undefined) throw new Error('Nobody is there.');
          sentAt.push(performance.now());
          author.push(caret.client);
          caret.clock += 1;
          caret.client.show(stateOf(caret, mark));
        }
        if (sentAt.length - first >= count) setTimeout(resolve, DRAIN);
        else setTimeout(tick, 1);
      };
      tick();
    });
  await move(job.warmup);
  from = sentAt.length;
  delivered = 0;
  arrival = createHistogram();
  late = createHistogram();
  for (const { client } of carets) Object.assign(client.traffic, { frames: 0, received: 0 });
  await gate('measuring');
  await move(job.duration);
  await gate('measured');
  const sum = (what: 'frames' | 'received') =>
    carets.reduce((total, { client }) => total + client.traffic[what], 0);
  const sent = sentAt.length - from;
  const result: Moved = {
    type: 'carets',
    sent,
    delivered,
    expected: sent * (job.clients - 1),
    arrival: summarize(arrival),
    late: summarize(late),
    frames: sum('frames'),
    bytes: sum('received'),
    denied: denied ?? null,
  };
  await Promise.all(carets.map(({ client }) => client.close()));
  return result;
}

/** What an editor shows: a caret at two relative positions, and who it is. The mark stands for where it is. */
function stateOf({ id, clock }: Caret, mark: number): Uint8Array {
  const place = { type: { client: id, clock: 7 }, tname: null, item: null, assoc: 0 };
  const state = {
    cursor: { anchor: place, head: place, mark: markText(mark) },
    user: { name: `Person ${id}`, color: '#7a5cff' },
  };
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, id);
  encoding.writeVarUint(encoder, clock);
  encoding.writeVarString(encoder, JSON.stringify(state));
  return encoding.toUint8Array(encoder);
}
