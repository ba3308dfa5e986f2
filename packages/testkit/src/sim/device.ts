import type { DeviceStore } from '@weft/storage';
import type { SimRandom } from './random.ts';
import type { SimProcess, SimScheduler } from './scheduler.ts';

export interface SimDeviceOptions {
  /** What is committed goes here; it outlives the tab. Opened on the same medium again, it is a reload. */
  readonly inner: DeviceStore;
  readonly scheduler: SimScheduler;
  /** The tab. */
  readonly process: SimProcess;
  readonly random: SimRandom;
  /** The error that writes meet just now, if they do. */
  readonly failure: () => Error | undefined;
}

interface Job {
  readonly write: boolean;
  /** Does it on the inner store; returns how to tell whoever waits. */
  readonly commit: () => Promise<() => void>;
  readonly fail: (error: Error) => void;
}

/** Milliseconds: until a transaction starts, and until its end is heard of. */
const DELAY = { start: 3, answer: 2 } as const;

/**
 * A device's store in a tab that may be killed at any moment. What is handed in is gathered into one transaction, one
 * at a time; a kill loses what was not committed, and may come between the commit and its answer.
 */
export function openSimDevice(options: SimDeviceOptions): DeviceStore {
  const { inner, scheduler, process, random, failure } = options;
  let queue: Job[] = [];
  let busy = false;

  const later = (ms: number, run: () => void) => {
    scheduler.after(ms * random.next(), run, process);
  };

  const transact = () => {
    const jobs = queue;
    queue = [];
    const error = failure();
    const work = jobs.map((job) => {
      if (error === undefined || !job.write) return job.commit();
      return Promise.resolve(() => job.fail(error));
    });
    void Promise.all(work).then((answers) => {
      const tell = () => {
        for (const answer of answers) answer();
        if (queue.length > 0) later(DELAY.start, transact);
        else busy = false;
      };
      if (random.chance(0.5)) tell();
      else later(DELAY.answer, tell);
    });
  };

  const submit = <T>(write: boolean, run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      queue.push({
        write,
        commit: () =>
          run().then(
            (value) => () => resolve(value),
            (error: unknown) => () =>
              reject(error instanceof Error ? error : new Error(String(error))),
          ),
        fail: reject,
      });
      if (busy) return;
      busy = true;
      later(DELAY.start, transact);
    });
  const read = <T>(run: () => Promise<T>) => submit(false, run);
  const write = <T>(run: () => Promise<T>) => submit(true, run);

  return {
    status: inner.status,
    load: (document) => read(() => inner.load(document)),
    append: (update) => write(() => inner.append(update)),
    jot: (update) => inner.jot(update),
    markStored: (document, records) => write(() => inner.markStored(document, records)),
    pending: () => read(() => inner.pending()),
    documents: (prefix) => read(() => inner.documents(prefix)),
    fold: (document, merge) => write(() => inner.fold(document, merge)),
    rebuild: (document, make) => write(() => inner.rebuild(document, make)),
    evict: (document) => write(() => inner.evict(document)),
    quarantined: () => read(() => inner.quarantined()),
    discard: (id) => write(() => inner.discard(id)),
    history: () => read(() => inner.history()),
    setHistory: (history) => write(() => inner.setHistory(history)),
    outbox: () => read(() => inner.outbox()),
    enqueue: (conversation, make, replaces) =>
      write(() => inner.enqueue(conversation, make, replaces)),
    replaceOutbox: (entry) => write(() => inner.replaceOutbox(entry)),
    deleteOutbox: (id) => write(() => inner.deleteOutbox(id)),
    get: (key) => read(() => inner.get(key)),
    set: (key, value) => write(() => inner.set(key, value)),
    claim: (key, value) => write(() => inner.claim(key, value)),
    estimate: () => read(() => inner.estimate()),
    requestPersist: () => read(() => inner.requestPersist()),
    flush: () => read(() => inner.flush()),
    close: () => read(() => inner.close()),
  };
}
