import type { Played, Progress } from './session.ts';

/** Numbers as a person reads them. */
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });

export function describeTrace(options: {
  readonly name: string;
  readonly authors: number;
  readonly clients: number;
  readonly transactions: number;
  readonly concurrent: number;
  readonly rate: number | undefined;
}): string {
  const { name, authors, clients, transactions, concurrent, rate } = options;
  return [
    `${name}: ${whole.format(transactions)} edits by ${plural(authors, 'author')},`,
    `${whole.format(concurrent)} with concurrent others;`,
    `${plural(clients - authors, 'client')} only read${clients - authors === 1 ? 's' : ''};`,
    rate === undefined ? 'as fast as it goes' : `${tenth.format(rate)} edits/s`,
  ].join(' ');
}

export function describeProgress(progress: Progress, total: number, seconds: number): string {
  return [
    `${whole.format(progress.made)} of ${whole.format(total)} made,`,
    `${whole.format(progress.stored)} stored, ${whole.format(progress.stored / seconds)} edits/s`,
  ].join(' ');
}

/** The measured lines of the report. */
export function describePlayed(played: Played, edits: number): readonly string[] {
  const { latency, took, traffic } = played;
  const ms = (share: number) => `${tenth.format(latency.quantile(share))} ms`;
  return [
    `edits                ${whole.format(edits)} in ${tenth.format(took / 1000)} s`,
    `stored               ${whole.format((edits * 1000) / took)} edits/s`,
    latency.count === 0
      ? 'edit → remote apply  no other client'
      : `edit → remote apply  p50 ${ms(0.5)}  p99 ${ms(0.99)}  max ${tenth.format(latency.max)} ms` +
        `  (${whole.format(latency.count)} samples)`,
    `bytes                ${bytes(traffic.sent)} sent in ${whole.format(traffic.framesSent)} frames, ` +
      `${bytes(traffic.received)} received in ${whole.format(traffic.framesReceived)}`,
  ];
}

function bytes(count: number): string {
  return count < 1e6 ? `${tenth.format(count / 1e3)} kB` : `${tenth.format(count / 1e6)} MB`;
}

function plural(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}
