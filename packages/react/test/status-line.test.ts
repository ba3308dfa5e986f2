import type { ConnectionStatus, DocumentStatus, Observable } from '@weft/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE, createStatusLine } from '../src/status-line.ts';

/** An observable that a test sets. */
function value<T>(initial: T): Observable<T> & { set(next: T): void } {
  let now = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      now = next;
      for (const listener of listeners) listener();
    },
  };
}

/** A clock that moves when it is told to. */
function clock() {
  let now = 0;
  const waiting = new Set<{ at: number; fire: () => void }>();
  return {
    waiting,
    timer: (ms: number, fire: () => void) => {
      const entry = { at: now + ms, fire };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    pass(ms: number) {
      now += ms;
      for (const entry of [...waiting].sort((a, b) => a.at - b.at)) {
        if (entry.at <= now && waiting.delete(entry)) entry.fire();
      }
    },
  };
}

let connection: ReturnType<typeof value<ConnectionStatus>>;
let document: ReturnType<typeof value<DocumentStatus>>;
let time: ReturnType<typeof clock>;

beforeEach(() => {
  connection = value<ConnectionStatus>({ state: 'online' });
  document = value<DocumentStatus>({ state: 'stored', waiting: 0 });
  time = clock();
});

/** A line with a listener, and everything it has said so far. */
function listen() {
  const line = createStatusLine({ connection, document }, time.timer);
  const said: string[] = [line.get().text];
  const leave = line.subscribe(() => said.push(line.get().text));
  return { line, said, leave };
}

describe('words at their time', () => {
  it('[D2] "Stored" is gone in the turn in which a change is made', () => {
    const { line } = listen();
    expect(line.get().text).toBe('Stored');
    document.set({ state: 'unsaved', waiting: 1 });
    expect(line.get()).toEqual({ status: 'unsaved', text: '' });
    document.set({ state: 'local', waiting: 1 });
    expect(line.get().text).toBe('Saved on this device · sending');
  });

  it('says "Stored" again after a moment of rest, and does not flicker while somebody types', () => {
    const { said } = listen();
    for (let key = 0; key < 5; key += 1) {
      document.set({ state: 'unsaved', waiting: 1 });
      document.set({ state: 'local', waiting: 1 });
      document.set({ state: 'stored', waiting: 0 });
      time.pass(100);
    }
    expect(said).toEqual(['Stored', '', 'Saved on this device · sending']);
    time.pass(PATIENCE.stored);
    expect(said.at(-1)).toBe('Stored');
  });

  it('says nothing while the device is read, then at once what is so', () => {
    document = value<DocumentStatus>({ state: 'local', waiting: 0 });
    const { said } = listen();
    document.set({ state: 'stored', waiting: 0 });
    expect(said).toEqual(['', 'Stored']);
  });

  it('says "Saving…" only when it takes longer than 300 ms', () => {
    const { line } = listen();
    document.set({ state: 'unsaved', waiting: 1 });
    time.pass(PATIENCE.saving - 1);
    expect(line.get().text).toBe('');
    time.pass(1);
    expect(line.get().text).toBe('Saving…');
    document.set({ state: 'local', waiting: 1 });
    expect(line.get().text).toBe('Saved on this device · sending');
  });

  it('says nothing of a cut that heals within 2 s, however often it tries', () => {
    const { said } = listen();
    connection.set({ state: 'offline' });
    time.pass(900);
    connection.set({ state: 'connecting' });
    time.pass(900);
    connection.set({ state: 'offline' });
    connection.set({ state: 'online' });
    time.pass(5000);
    expect(said).toEqual(['Stored']);
  });

  it('says offline after 2 s, counts what waits, and keeps saying it while it tries again', () => {
    const { line } = listen();
    connection.set({ state: 'offline' });
    document.set({ state: 'local', waiting: 12 });
    time.pass(PATIENCE.offline);
    expect(line.get().text).toBe('Offline · saved on this device · 12 changes to send');
    connection.set({ state: 'connecting' });
    expect(line.get().text).toBe('Offline · saved on this device · 12 changes to send');
    connection.set({ state: 'online' });
    expect(line.get().text).toBe('Saved on this device · sending');
  });

  it('says that the server asked to wait only once it has taken 2 s', () => {
    const { line, said } = listen();
    document.set({ state: 'local', waiting: 1 });
    connection.set({ state: 'waiting', until: 5000, code: 'shutting-down' });
    time.pass(PATIENCE.offline - 1);
    expect(said.at(-1)).toBe('Saved on this device · sending');
    time.pass(1);
    expect(line.get().text).toBe('Waits for the server · saved on this device · 1 change to send');
    connection.set({ state: 'connecting', code: 'shutting-down' });
    expect(line.get().text).toBe('Offline · saved on this device · 1 change to send');
    connection.set({ state: 'online' });
    expect(line.get().text).toBe('Saved on this device · sending');
  });

  it('leaves no timer behind when nobody listens', () => {
    const { leave } = listen();
    connection.set({ state: 'offline' });
    document.set({ state: 'unsaved', waiting: 1 });
    expect(time.waiting.size).toBeGreaterThan(0);
    leave();
    expect(time.waiting.size).toBe(0);
  });

  it('returns the same object until it changes', () => {
    const line = createStatusLine({ connection, document }, time.timer);
    expect(line.get()).toBe(line.get());
  });
});
