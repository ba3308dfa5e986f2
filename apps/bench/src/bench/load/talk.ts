import { createHistogram } from '../../replay/histogram.ts';
import { summarize } from '../summary.ts';
import type { TalkJob, Talked } from './jobs.ts';
import { eachMark, markText } from './marks.ts';
import { Talker } from './talker.ts';

/** Milliseconds that messages may be on their way after the last was sent. */
const DRAIN = 5_000;

/** Sockets that are opened at a time. */
const CROWD = 50;

/** People talk: an open loop that sends each message when it is due, whatever the server does. */
export async function runTalk(
  job: TalkJob,
  gate: (name: string) => Promise<void>,
): Promise<Talked> {
  const run = new Run(job);
  await run.join();
  await run.talk(job.warmup);
  run.reset();
  await gate('measuring');
  await run.talk(job.duration);
  const result = run.result();
  await gate('measured');
  await run.close();
  return result;
}

class Run {
  readonly #job: TalkJob;
  readonly #talkers: Talker[] = [];
  readonly #sentAt: number[] = [];
  readonly #author: number[] = [];
  /** By member: the marks that arrived. One may come twice, as a change and in a segment that was opened meanwhile. */
  readonly #arrived: Set<number>[] = [];
  #next = 0;
  /** Counted since the last reset. */
  #from = 0;
  #delivered = 0;
  #acked = 0;
  #shown = createHistogram();
  #acks = createHistogram();
  #late = createHistogram();
  #began = 0;
  #lastArrival = 0;
  #look: () => void = () => undefined;
  #refused: string | undefined;

  constructor(job: TalkJob) {
    this.#job = job;
  }

  async join(): Promise<void> {
    const { target, conversations, members } = this.#job;
    const places = conversations.flatMap((conversation) =>
      Array.from({ length: members }, () => conversation),
    );
    for (let from = 0; from < places.length; from += CROWD) {
      const crowd = places.slice(from, from + CROWD).map((conversation, index) => {
        const member = from + index;
        this.#arrived[member] = new Set();
        return Talker.join(target, conversation, `person-${member}`, {
          shown: (bytes, at) => this.#receive(member, bytes, at),
          acked: (id, at) => this.#answered(id, at),
          refused: (code) => {
            this.#refused ??= code;
          },
        });
      });
      this.#talkers.push(...(await Promise.all(crowd)));
    }
  }

  /** Forgets what was counted; messages under way must have arrived. */
  reset(): void {
    this.#from = this.#next;
    this.#delivered = 0;
    this.#acked = 0;
    this.#shown = createHistogram();
    this.#acks = createHistogram();
    this.#late = createHistogram();
  }

  /** Talks for so long, then waits until everything has arrived, or until it is clear that it will not. */
  async talk(ms: number): Promise<void> {
    this.#began = performance.now();
    await this.#send(Math.round((ms * this.#job.rate) / 1000));
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, DRAIN);
      this.#look = () => {
        if (this.#delivered < this.#expected || this.#acked < this.#expectedAcks) return;
        clearTimeout(late);
        resolve();
      };
      this.#look();
    });
    this.#look = () => undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.#talkers.map((talker) => talker.close()));
  }

  result(): Talked {
    return {
      type: 'talk',
      sent: this.#sent,
      acked: this.#acked,
      delivered: this.#delivered,
      expected: this.#expected,
      took: this.#lastArrival - this.#began,
      acks: summarize(this.#acks),
      shown: summarize(this.#shown),
      late: summarize(this.#late),
      refused: this.#refused ?? null,
    };
  }

  get #sent(): number {
    return this.#next - this.#from;
  }

  get #expected(): number {
    return this.#sent * (this.#job.members - 1);
  }

  get #expectedAcks(): number {
    return this.#job.target.dialect === 'weft' ? this.#sent : 0;
  }

  /** Sends so many messages, each when it is due. */
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
          this.#say();
        }
        if (this.#next - first >= count) resolve();
        else setTimeout(tick, 1);
      };
      tick();
    });
  }

  #say(): void {
    const mark = this.#next;
    // Neighbours are of one conversation: those who speak at a time are of many.
    const at =
      (mark * this.#job.members + Math.floor(mark / this.#job.conversations.length)) %
      this.#talkers.length;
    const talker = this.#talkers[at];
    if (talker === undefined) throw new Error('Nobody talks.');
    this.#next += 1;
    this.#sentAt.push(performance.now());
    this.#author.push(at);
    talker.say(idOf(mark), `Something that somebody says, ${markText(mark)}, of a usual length.`);
  }

  #receive(member: number, bytes: Uint8Array, at: number): void {
    eachMark(bytes, (mark) => {
      if (mark < this.#from || this.#author[mark] === member) return;
      const arrived = this.#arrived[member];
      if (arrived === undefined || arrived.has(mark)) return;
      arrived.add(mark);
      this.#delivered += 1;
      this.#shown.add(at - (this.#sentAt[mark] ?? at));
      this.#lastArrival = at;
    });
    this.#look();
  }

  #answered(id: string, at: number): void {
    const mark = Number(id.slice(6));
    if (mark < this.#from) return;
    this.#acked += 1;
    this.#acks.add(at - (this.#sentAt[mark] ?? at));
    this.#lastArrival = at;
    this.#look();
  }
}

/** A ULID that says which message it is of. */
function idOf(mark: number): string {
  return `01TA1K${String(mark).padStart(20, '0')}`;
}
