import type { DocumentStatus } from '@weft/client';
import { describe, expect, it, vi } from 'vitest';
import { followUpdate } from '../src/update/follow-update.ts';
import { reloadSafely } from '../src/update/reload.ts';
import { type Freshness, createUpdates } from '../src/update/updates.ts';

/** A service worker as the browser shows it to a page. */
class FakeWorker extends EventTarget {
  state: ServiceWorkerState;
  readonly heard: unknown[] = [];
  onMessage: () => void = () => undefined;

  constructor(state: ServiceWorkerState) {
    super();
    this.state = state;
  }

  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }

  postMessage(message: unknown): void {
    this.heard.push(message);
    this.onMessage();
  }
}

class FakeRegistration extends EventTarget {
  active: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  installing: FakeWorker | null = null;
  update = vi.fn<() => Promise<void>>(async () => undefined);

  /** A new worker was found and fetches its files. */
  find(): FakeWorker {
    const worker = new FakeWorker('installing');
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
    return worker;
  }

  /** Its files are on the device. */
  install(worker: FakeWorker): void {
    this.installing = null;
    this.waiting = worker;
    worker.onMessage = () => {
      this.waiting = null;
      this.active = worker;
      worker.become('activated');
    };
    worker.become('installed');
  }
}

async function setup(active?: FakeWorker) {
  const registration = new FakeRegistration();
  registration.active = active ?? null;
  let control: () => void = () => undefined;
  let wake: (() => void) | undefined;
  let now = 0;
  const updates = createUpdates({
    register: async () => registration as unknown as ServiceWorkerRegistration,
    onControl: (changed) => (control = changed),
    onWake: (look) => (wake = look),
    now: () => now,
  });
  const told = vi.fn<() => void>();
  updates.subscribe(told);
  await vi.waitFor(() => expect(wake).not.toBeUndefined());
  return {
    registration,
    updates,
    told,
    control: () => control(),
    wake: (at: number) => {
      now = at;
      wake?.();
    },
  };
}

describe('updates', () => {
  it('the first release on a device is no update', async () => {
    const { registration, updates, told } = await setup();
    const worker = registration.find();
    registration.install(worker);
    // By then everything that the page does about it is done.
    await updates.take();
    expect(updates.get()).toBe('current');
    expect(told).not.toHaveBeenCalled();
  });

  it('a newer release is told of once it is all there, and takes over only when it is asked to', async () => {
    const { registration, updates, told } = await setup(new FakeWorker('activated'));
    const worker = registration.find();
    expect(updates.get()).toBe('current');
    registration.install(worker);
    await vi.waitFor(() => expect(updates.get()).toBe('ready'));
    expect(told).toHaveBeenCalledTimes(1);
    expect(worker.heard).toEqual([]);
    await updates.take();
    expect(worker.heard).toEqual(['take-over']);
    expect(registration.active).toBe(worker);
  });

  it('a release that serves the device already was taken, and stays so', async () => {
    const { registration, updates, told, control } = await setup(new FakeWorker('activated'));
    control();
    expect(updates.get()).toBe('taken');
    registration.install(registration.find());
    await updates.take();
    expect(updates.get()).toBe('taken');
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('looks for a new release when the page is woken, and not at every wake', async () => {
    const { registration, wake } = await setup(new FakeWorker('activated'));
    wake(5 * 60_000);
    expect(registration.update).not.toHaveBeenCalled();
    wake(10 * 60_000);
    wake(11 * 60_000);
    expect(registration.update).toHaveBeenCalledTimes(1);
  });

  it('without a network, taking the newest release means the one that is there', async () => {
    const { registration, updates } = await setup(new FakeWorker('activated'));
    registration.update.mockRejectedValueOnce(new TypeError('no network'));
    await updates.take();
    expect(updates.get()).toBe('current');
  });

  it('a browser without service workers stays as it is', async () => {
    const nothing = () => undefined;
    const updates = createUpdates({
      register: undefined,
      onControl: nothing,
      onWake: nothing,
      now: () => 0,
    });
    await updates.take();
    expect(updates.get()).toBe('current');
  });
});

describe('a reload', () => {
  const session = (state: 'local' | 'unsaved', events: string[]) => ({
    weft: { flush: async () => void events.push('flush') },
    work: { status: { get: () => ({ state, waiting: 1 }), subscribe: () => () => undefined } },
  });
  const parts = (state: 'local' | 'unsaved', events: string[]) => ({
    updates: { take: async () => void events.push('take') },
    session: session(state, events),
    reload: () => void events.push('reload'),
  });

  it('[D2] comes after everything typed is on the device', async () => {
    const events: string[] = [];
    expect(await reloadSafely(parts('local', events))).toBe('reloading');
    expect(events).toEqual(['take', 'flush', 'reload']);
  });

  it('[D2] does not come while something is not on the device', async () => {
    const events: string[] = [];
    expect(await reloadSafely(parts('unsaved', events))).toBe('unsaved');
    expect(events).toEqual(['take', 'flush']);
  });
});

describe('a page of an earlier release', () => {
  function page(state: DocumentStatus['state']) {
    let freshness: Freshness = 'ready';
    let status: DocumentStatus = state === 'stored' ? { state, waiting: 0 } : { state, waiting: 1 };
    let flushed: () => void = () => undefined;
    const reload = vi.fn<() => void>();
    const flush = vi.fn<() => Promise<void>>(
      () => new Promise<void>((resolve) => (flushed = resolve)),
    );
    const listeners = new Set<() => void>();
    const subscribe = (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const tell = () => listeners.forEach((listener) => listener());
    const leave = followUpdate({
      updates: { get: () => freshness, subscribe, take: async () => undefined },
      session: { weft: { flush }, work: { status: { get: () => status, subscribe } } },
      reload,
    });
    return {
      reload,
      flush,
      leave,
      flushed: () => flushed(),
      take: () => {
        freshness = 'taken';
        tell();
      },
      become: (next: DocumentStatus) => {
        status = next;
        tell();
      },
    };
  }

  it('[D2] reloads by itself once another tab took the next one, and not before its own flush', async () => {
    const { reload, flush, flushed, take } = page('local');
    expect(flush).not.toHaveBeenCalled();
    take();
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(1));
    expect(reload).not.toHaveBeenCalled();
    flushed();
    await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });

  it('[D2] waits for as long as it holds what would be lost, also what was typed during the flush', async () => {
    const { reload, flush, flushed, take, become } = page('unsaved');
    take();
    expect(flush).not.toHaveBeenCalled();
    become({ state: 'local', waiting: 1 });
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(1));
    become({ state: 'unsaved', waiting: 2 });
    flushed();
    // The status is looked at after the flush, in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(reload).not.toHaveBeenCalled();
    become({ state: 'stored', waiting: 0 });
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(2));
    flushed();
    await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });

  it('[D2] stays where the device fails at its flush, and tries again when something changes', async () => {
    const { reload, flush, flushed, take, become } = page('local');
    flush.mockRejectedValueOnce(new Error('The device failed.'));
    take();
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(reload).not.toHaveBeenCalled();
    become({ state: 'stored', waiting: 0 });
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(2));
    flushed();
    await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  });

  it('is left alone once nobody follows', async () => {
    const { reload, flush, flushed, take, leave } = page('local');
    take();
    await vi.waitFor(() => expect(flush).toHaveBeenCalledTimes(1));
    leave();
    flushed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(reload).not.toHaveBeenCalled();
  });
});
