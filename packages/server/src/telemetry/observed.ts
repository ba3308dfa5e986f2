import type { Store } from '@weft/storage';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { WeftCore } from '../core.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type Logger, reasonOf } from '../logger.ts';

/** What counts by itself, metrics or not. */
export interface Observed {
  readonly core: Pick<WeftCore, 'admission' | 'sessions' | 'flow' | 'documents'>;
  readonly gateway: Pick<Gateway, 'figures'>;
  readonly store: Pick<Store, 'watch' | 'files'>;
  readonly logger: Logger;
}

/** Registers what is read from the parts of a server at the moment of a scrape. */
export function gaugeObserved(registry: Registry, observed: Observed): void {
  const { core, gateway } = observed;
  const gauge = (name: string, help: string, read: () => number) => {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  };
  // A counter that is counted elsewhere never falls, so it may be written anew.
  const counter = (name: string, help: string, read: () => number) => {
    registry.registerMetric(
      new Counter({
        name,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(read());
        },
      }),
    );
  };
  const by = (
    Kind: typeof Gauge | typeof Counter,
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ) => {
    registry.registerMetric(
      new Kind({
        name,
        help,
        labelNames: [label],
        registers: [],
        collect() {
          this.reset();
          for (const [key, value] of Object.entries(read())) this.inc({ [label]: key }, value);
        },
      }),
    );
  };

  by(Gauge, 'weft_sockets_open', 'WebSockets open now.', 'kind', () => gateway.figures.open);
  by(
    Counter,
    'weft_sockets_refused_total',
    'Upgrades that got no socket.',
    'status',
    () => gateway.figures.refused,
  );
  gauge(
    'weft_flow_queued_bytes',
    'Bytes that wait for all readers together.',
    () => gateway.figures.queuedBytes,
  );
  by(Gauge, 'weft_admission_seats', 'Seats for people, by what they are.', 'state', () => {
    const { seated, kept, waiting } = core.admission.figures;
    return { seated, kept, waiting };
  });
  by(Counter, 'weft_admission_total', 'People let in, or gone.', 'outcome', () => {
    const { fresh, returned, admitted, gaveUp, culled } = core.admission.figures;
    return { fresh, returned, admitted, 'gave-up': gaveUp, culled };
  });
  by(
    Counter,
    'weft_admission_refused_total',
    'Refused for lack of room, by code.',
    'code',
    () => core.admission.figures.refused,
  );
  counter(
    'weft_admission_waited_seconds_total',
    'What those who were let in had waited together.',
    () => core.admission.figures.waitedMs / 1000,
  );
  by(Counter, 'weft_sessions_total', 'Sessions, by what became of them.', 'outcome', () => {
    const { opened, resumed, refused, evicted } = core.sessions;
    return { opened, resumed, refused, evicted };
  });
  gauge(
    'weft_sessions_parked',
    'Sessions that wait for their clients.',
    () => core.sessions.parked,
  );
  gauge('weft_sessions_parked_bytes', 'Bytes they hold.', () => core.sessions.parkedBytes);
  counter(
    'weft_sessions_shed_total',
    'Frames about presence that parked sessions were spared.',
    () => core.sessions.shed,
  );
  counter(
    'weft_flow_updates_merged_total',
    'Updates that slow readers got within a difference.',
    () => core.flow.updatesMerged,
  );
  counter(
    'weft_flow_presence_merged_total',
    'Frames about presence that slow readers got as newest states.',
    () => core.flow.presenceMerged,
  );
  counter(
    'weft_flow_questions_merged_total',
    'Questions for what a client lacks that were not answered, since a newer one was.',
    () => core.flow.questionsMerged,
  );
  counter(
    'weft_flow_readers_closed_total',
    'Sockets closed because too much waited for them.',
    () => core.flow.readersClosed,
  );
  gauge('weft_documents_loaded', 'Documents in memory.', () => core.documents.loaded);
  counter(
    'weft_replicas_diverged_total',
    'Replicas found to read differently from the log.',
    () => core.documents.diverged,
  );
  gaugeFiles(registry, observed);
}

function gaugeFiles(registry: Registry, { store, logger }: Observed): void {
  if (store.files === undefined) return;
  const files = store.files.bind(store);
  registry.registerMetric(
    new Gauge({
      name: 'weft_store_file_bytes',
      help: 'Bytes of the files of the store.',
      labelNames: ['file'],
      registers: [],
      async collect() {
        // A number that is not known is left out: the last one would be taken for the present one.
        this.reset();
        try {
          for (const { file, bytes } of await files()) this.set({ file }, bytes);
        } catch (error) {
          logger.warn('The files of the store could not be measured.', { reason: reasonOf(error) });
        }
      },
    }),
  );
}
