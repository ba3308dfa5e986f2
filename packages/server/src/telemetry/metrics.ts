import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CommitBatch } from '@weft/storage';
import type { Outcome } from '../door/intake.ts';
import { watchLoop } from './loop-delay.ts';
import type { CommandAnswer, Meter } from './meter.ts';
import { type Observed, gaugeObserved } from './observed.ts';

/** Upper bounds in seconds, from a commit on a quick disk to what a person gives up on. */
const SECONDS = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Upper bounds of how many operations share a commit. */
const OPERATIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096];

/** One HTTP request that is answered, or cut off. */
export interface AnsweredRequest {
  readonly method: string;
  /** The template of its path: what people chose is no label. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The numbers of one server, as Prometheus reads them. Each is described in the package's README. */
export class Metrics implements Meter {
  readonly #registry = new Registry();
  readonly #frames;
  readonly #frameBytes;
  readonly #writes;
  readonly #commands;
  readonly #appends;
  readonly #appendSeconds;
  readonly #commits;
  readonly #commitOperations;
  readonly #commitSeconds;
  readonly #loads;
  readonly #loadSeconds;
  readonly #requests;
  readonly #requestSeconds;
  readonly #revocations;
  readonly #sentToStored;
  readonly #stopLoop: () => void;

  constructor() {
    const counter = <T extends string>(name: string, help: string, ...labelNames: readonly T[]) =>
      new Counter<T>({ name, help, labelNames, registers: [this.#registry] });
    const histogram = <T extends string>(
      name: string,
      help: string,
      buckets: number[],
      ...labelNames: readonly T[]
    ) => new Histogram<T>({ name, help, labelNames, buckets, registers: [this.#registry] });
    this.#frames = counter('weft_frames_received_total', 'Frames taken up, by kind.', 'kind');
    this.#frameBytes = counter('weft_frame_bytes_received_total', 'Bytes of these.', 'kind');
    this.#writes = counter(
      'weft_writes_total',
      'Answers to writes at documents.',
      'outcome',
      'code',
    );
    this.#commands = counter('weft_commands_total', 'Answers to commands.', 'outcome', 'code');
    this.#appends = counter('weft_log_appends_total', 'Appends to the log.', 'outcome');
    this.#appendSeconds = histogram(
      'weft_log_append_seconds',
      'From an append until its outcome is known.',
      SECONDS,
    );
    this.#commits = counter('weft_commits_total', 'Transactions of the store.', 'outcome', 'place');
    this.#commitOperations = histogram(
      'weft_commit_operations',
      'Operations that shared a transaction.',
      OPERATIONS,
    );
    this.#commitSeconds = histogram(
      'weft_commit_seconds',
      'What a transaction took, its fsync with it.',
      SECONDS,
      'place',
    );
    this.#loads = counter('weft_document_loads_total', 'Documents read into memory.', 'outcome');
    this.#loadSeconds = histogram('weft_document_load_seconds', 'What that took.', SECONDS);
    this.#requests = counter(
      'weft_http_requests_total',
      'HTTP requests answered or cut off.',
      'method',
      'route',
      'status',
    );
    this.#requestSeconds = histogram(
      'weft_http_request_seconds',
      'From the head of a request to the end of its answer.',
      SECONDS,
      'route',
    );
    this.#revocations = counter('weft_revocations_total', 'Revocations stored.');
    this.#sentToStored = histogram(
      'weft_message_sent_to_stored_seconds',
      "From the sender's clock to the commit of a command.",
      [...SECONDS, 60, 3_600, 86_400],
    );
    const delay = histogram(
      'weft_event_loop_delay_seconds',
      'How late a timer of 100 ms ran.',
      SECONDS,
    );
    this.#stopLoop = watchLoop((seconds) => delay.observe(seconds));
    this.#processGauges();
  }

  /** Reads what is counted elsewhere at each scrape. Called once. */
  observe(observed: Observed): void {
    gaugeObserved(this.#registry, observed);
    observed.store.watch?.((batch) => this.#commit(batch));
  }

  /** The content type and the text of a scrape. */
  async scrape(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  frame(kind: string, bytes: number): void {
    this.#frames.inc({ kind });
    this.#frameBytes.inc({ kind }, bytes);
  }

  write(answer: Outcome): void {
    const code = answer.outcome === 'refused' ? answer.code : '';
    this.#writes.inc({ outcome: answer.outcome, code });
  }

  command(answer: CommandAnswer): void {
    const code = answer.outcome === 'refused' ? answer.code : '';
    this.#commands.inc({ outcome: answer.outcome, code });
    if (answer.outcome === 'stored' && answer.sentToStored !== undefined) {
      this.#sentToStored.observe(answer.sentToStored);
    }
  }

  append(outcome: string, seconds: number): void {
    this.#appends.inc({ outcome });
    this.#appendSeconds.observe(seconds);
  }

  load(outcome: string, seconds: number): void {
    this.#loads.inc({ outcome });
    if (outcome === 'loaded') this.#loadSeconds.observe(seconds);
  }

  revocation(): void {
    this.#revocations.inc();
  }

  request({ method, route, status, seconds }: AnsweredRequest): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#requestSeconds.observe({ route }, seconds);
  }

  close(): void {
    this.#stopLoop();
  }

  #commit({ outcome, place, operations, ms }: CommitBatch): void {
    this.#commits.inc({ outcome, place });
    this.#commitOperations.observe(operations);
    this.#commitSeconds.observe({ place }, ms / 1000);
  }

  /** Under the names that every Prometheus client library gives them. */
  #processGauges(): void {
    const started = new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, Unix time.',
      registers: [],
    });
    started.set(Date.now() / 1000 - process.uptime());
    this.#registry.registerMetric(started);
    this.#registry.registerMetric(
      new Gauge({
        name: 'process_resident_memory_bytes',
        help: 'Memory that the process holds.',
        registers: [],
        collect() {
          this.set(process.memoryUsage.rss());
        },
      }),
    );
    this.#registry.registerMetric(
      new Counter({
        name: 'process_cpu_seconds_total',
        help: 'CPU that the process has used.',
        registers: [],
        collect() {
          const { user, system } = process.cpuUsage();
          this.reset();
          this.inc((user + system) / 1_000_000);
        },
      }),
    );
  }
}
