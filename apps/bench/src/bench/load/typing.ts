import { createHistogram } from '../../replay/histogram.ts';
import { summarize } from '../summary.ts';
import { Client } from './client.ts';
import { BASE_CLIENT, Typist, baseText, encodeInsertion } from './edits.ts';
import type { Target, Typed, TypingJob } from './jobs.ts';
import { eachMark, markText } from './marks.ts';
import { bring } from './upload.ts';

/** Milliseconds that edits may be on their way after the last was sent. */
const DRAIN = 5_000;

/** Sockets that are opened at a time. */
const CROWD = 50;

/** Client ids of typists begin here, so that they take as many bytes as drawn ones. */
const FIRST_CLIENT = 0x4000_0000;

interface Writer {
  readonly client: Client;
  readonly typist: Typist;
  /** Marks of writes not answered yet, oldest first; `first` is the number of the first one's write. */
  readonly unanswered: number[];
  first: number;
}

/** What is known of each edit, by its mark. */
interface Edits {
  readonly sentAt: number[];
  readonly writer: Client[];
}

/** People type: an open loop that sends each edit when it is due, whatever the server does. */
export async function runTyping(
  job: TypingJob,
  gate: (name: string) => Promise<void>,
): Promise<Typed> {
  const { clients, writers } = await join(job);
  const run = new Run(job, clients, writers);
  if (job.end === 'cut') {
    await gate('measuring');
    await run.typeUntilCut();
    return run.result();
  }
  await run.type(job.warmup);
  run.reset();
  await gate('measuring');
  await run.type(job.duration);
  const result = run.result();
  await gate('measured');
  await inCrowds(clients, (client) => client.close());
  return result;
}

/** Everybody opens their document; the first of each has written its base before. */
async function join(job: TypingJob) {
  const { target, documents, base } = job;
  const update = encodeInsertion(
    { client: BASE_CLIENT, clock: 0 },
    { left: undefined, right: undefined },
    baseText(base),
  );
  await inCrowds(documents, async (document) => {
    if (base > 0) await bring(target, document, update);
  });
  const places = documents
    .flatMap((document) => Array.from({ length: job.clients }, (_, index) => ({ document, index })))
    .map((place, person) => ({ ...place, person }));
  const clients: Client[] = [];
  const writers: Writer[] = [];
  await inCrowds(places, async ({ document, index, person }) => {
    const client = await joinOne(target, document, `person-${person}`);
    clients.push(client);
    if (index >= job.writers) return;
    const at = Math.floor((base * (index + 1)) / (job.writers + 1));
    const typist = new Typist(FIRST_CLIENT + index * 104_729, at);
    writers.push({ client, typist, unanswered: [], first: 1 });
  });
  return { clients, writers };
}

async function joinOne(target: Target, document: string, sub: string): Promise<Client> {
  const client = await Client.connect(target, document, sub);
  await client.opened();
  return client;
}

async function inCrowds<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += CROWD) {
    await Promise.all(items.slice(at, at + CROWD).map(each));
  }
}

class Run {
  readonly #job: TypingJob;
  readonly #clients: readonly Client[];
  readonly #writers: readonly Writer[];
  readonly #edits: Edits = { sentAt: [], writer: [] };
  #open: number;
  #next = 0;
  /** Counted since the last reset. */
  #from = 0;
  #delivered = 0;
  #acked = 0;
  #fanOut = createHistogram();
  #acks = createHistogram();
  #late = createHistogram();
  #began = 0;
  #lastArrival = 0;
  #arrived: () => void = () => undefined;
  #denied: string | undefined;
  readonly #ackedMarks: number[] = [];
  readonly #shown = new Set<number>();

  constructor(job: TypingJob, clients: readonly Client[], writers: readonly Writer[]) {
    this.#job = job;
    this.#clients = clients;
    this.#writers = writers;
    this.#open = clients.length;
    for (const client of clients) {
      client.heard = (incoming, at) => {
        if (incoming.kind === 'update') this.#receive(client, incoming.bytes, at);
      };
      client.closed = () => {
        this.#open -= 1;
        this.#arrived();
      };
    }
    for (const writer of writers) {
      writer.client.heard = (incoming, at) => {
        if (incoming.kind === 'update') this.#receive(writer.client, incoming.bytes, at);
        else if (incoming.kind === 'acked') this.#answered(writer, incoming.through, at);
        else if (incoming.kind === 'denied') this.#denied ??= incoming.reason;
      };
    }
  }

  /** Forgets what was counted; edits under way must have arrived. */
  reset(): void {
    this.#from = this.#next;
    this.#delivered = 0;
    this.#acked = 0;
    this.#fanOut = createHistogram();
    this.#acks = createHistogram();
    this.#late = createHistogram();
    for (const { traffic } of this.#clients) Object.assign(traffic, { frames: 0, received: 0 });
  }

  /** Types for so long, then waits until everything has arrived, or until it is clear that it will not. */
  async type(ms: number): Promise<void> {
    this.#began = performance.now();
    await this.#send((ms * this.#job.rate) / 1000);
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, DRAIN);
      this.#arrived = () => {
        if (this.#delivered < this.#expected || this.#acked < this.#expectedAcks) return;
        clearTimeout(late);
        resolve();
      };
      this.#arrived();
    });
    this.#arrived = () => undefined;
  }

  async typeUntilCut(): Promise<void> {
    this.#began = performance.now();
    await this.#send(Number.POSITIVE_INFINITY);
  }

  get #sent(): number {
    return this.#next - this.#from;
  }

  get #expected(): number {
    return this.#sent * (this.#job.clients - 1);
  }

  get #expectedAcks(): number {
    return this.#clients[0]?.dialect.acks === true ? this.#sent : 0;
  }

  /** Sends so many edits, each when it is due; ends early when the sockets are gone. */
  #send(count: number): Promise<void> {
    const { rate } = this.#job;
    const first = this.#next;
    const began = this.#began;
    return new Promise((resolve) => {
      const tick = () => {
        const now = performance.now();
        const due = Math.min(count, ((now - began) * rate) / 1000);
        while (this.#next - first < due) {
          this.#late.add(Math.max(0, now - began - ((this.#next - first) * 1000) / rate));
          this.#type();
        }
        if (this.#next - first >= count || this.#open === 0) resolve();
        else setTimeout(tick, 1);
      };
      tick();
    });
  }

  #type(): void {
    const mark = this.#next;
    const writer = this.#writers[mark % this.#writers.length];
    if (writer === undefined) throw new Error('Nobody types.');
    this.#next += 1;
    const update = writer.typist.type(markText(mark));
    this.#edits.sentAt.push(performance.now());
    this.#edits.writer.push(writer.client);
    writer.unanswered.push(mark);
    writer.client.write(update);
  }

  #receive(client: Client, bytes: Uint8Array, at: number): void {
    eachMark(bytes, (mark) => {
      const author = this.#edits.writer[mark];
      if (mark < this.#from || author === undefined || author === client) return;
      this.#delivered += 1;
      this.#fanOut.add(at - (this.#edits.sentAt[mark] ?? at));
      if (this.#job.end === 'cut') this.#shown.add(mark);
    });
    this.#lastArrival = at;
    this.#arrived();
  }

  #answered(writer: Writer, through: number | undefined, at: number): void {
    const count = through === undefined ? 1 : through - writer.first + 1;
    writer.first += count;
    for (const mark of writer.unanswered.splice(0, count)) {
      if (mark < this.#from) continue;
      this.#acked += 1;
      this.#acks.add(at - (this.#edits.sentAt[mark] ?? at));
      if (this.#job.end === 'cut') this.#ackedMarks.push(mark);
    }
    this.#lastArrival = at;
    this.#arrived();
  }

  result(): Typed {
    const frames = this.#clients.reduce((sum, { traffic }) => sum + traffic.frames, 0);
    const bytes = this.#clients.reduce((sum, { traffic }) => sum + traffic.received, 0);
    return {
      type: 'typing',
      sent: this.#sent,
      acked: this.#acked,
      delivered: this.#delivered,
      expected: this.#expected,
      took: this.#lastArrival - this.#began,
      fanOut: summarize(this.#fanOut),
      acks: summarize(this.#acks),
      late: summarize(this.#late),
      frames,
      bytes,
      denied: this.#denied ?? null,
      ackedMarks: this.#ackedMarks,
      shownMarks: [...this.#shown],
    };
  }
}
