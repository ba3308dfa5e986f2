import { describe, expect, it } from 'vitest';
import {
  type SimEndpoint,
  SimDisk,
  SimNetwork,
  SimScheduler,
  type SimTransport,
  type StoreRecord,
  createRandom,
  openSimStore,
  shrink,
} from '../src/sim.ts';

const FOREVER = Number.POSITIVE_INFINITY;

describe('random', () => {
  it('is the same for the same seed, and another for each name', () => {
    const draws = (seed: string, name: string) => {
      const random = createRandom(seed).fork(name);
      return Array.from({ length: 5 }, () => random.int(0, 1_000_000));
    };
    expect(draws('a', 'x')).toEqual(draws('a', 'x'));
    expect(draws('a', 'x')).not.toEqual(draws('a', 'y'));
    expect(draws('a', 'x')).not.toEqual(draws('b', 'x'));
  });

  it('does not depend on what was drawn from the generator it was forked from', () => {
    const [a, b] = [createRandom(1), createRandom(1)];
    a.next();
    expect(a.fork('x').next()).toBe(b.fork('x').next());
  });
});

describe('scheduler', () => {
  it('runs events by time, then in the order they were asked for, each with all its microtasks', async () => {
    const scheduler = new SimScheduler();
    const seen: string[] = [];
    const at = (name: string) => () => {
      seen.push(name);
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => seen.push(`${name} microtask`));
    };
    scheduler.after(5, at('late'));
    scheduler.after(1, at('first'));
    scheduler.after(1, at('second'));
    expect(await scheduler.run(() => false, FOREVER)).toBe('empty');
    expect(seen).toEqual([
      'first',
      'first microtask',
      'second',
      'second microtask',
      'late',
      'late microtask',
    ]);
    expect(scheduler.now).toBe(5);
  });

  it('drops what a killed process had scheduled, and what was cancelled', async () => {
    const scheduler = new SimScheduler();
    const process = scheduler.spawn('tab');
    const seen: string[] = [];
    scheduler.after(1, () => seen.push('killed'), process);
    scheduler.after(2, () => seen.push('world'), 'nobody');
    scheduler.after(3, () => seen.push('cancelled'), 'nobody')();
    process.kill();
    await scheduler.run(() => false, FOREVER);
    expect(seen).toEqual(['world']);
  });

  it('stops at a deadline and goes on later; errors of events are told of, and end nothing', async () => {
    const scheduler = new SimScheduler();
    const seen: number[] = [];
    scheduler.after(1, () => {
      throw new Error('escaped');
    });
    scheduler.after(10, () => seen.push(10));
    expect(await scheduler.run(() => false, 5)).toBe('deadline');
    expect(seen).toEqual([]);
    expect(await scheduler.run(() => seen.length > 0, FOREVER)).toBe('done');
    expect(scheduler.escaped).toHaveLength(1);
  });
});

describe('disk', () => {
  it('[D2] a crash keeps what was synced, and of the rest a beginning', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = new SimDisk<number>(createRandom(seed));
      disk.write(1);
      disk.sync();
      for (const record of [2, 3, 4]) disk.write(record);
      const survived = disk.crash();
      expect(disk.records).toEqual([1, ...survived]);
      expect([2, 3, 4].slice(0, survived.length)).toEqual(survived);
    }
  });
});

describe('store', () => {
  const entry = (text: string) => ({
    stream: 's',
    principal: 'p',
    kind: 'update',
    at: 1,
    bytes: new TextEncoder().encode(text),
  });

  function bench(reached: (point: string) => void = () => {}) {
    const scheduler = new SimScheduler();
    const disk = new SimDisk<StoreRecord>(createRandom('disk'));
    const durable: StoreRecord[] = [];
    const open = (name: string) => {
      const process = scheduler.spawn(name);
      const store = openSimStore({
        scheduler,
        process,
        random: createRandom(name),
        disk,
        identity: { serverId: 'sim', epoch: 1 },
        health: () => 'well',
        reached,
        durable: (records) => durable.push(...records),
      });
      return { process, store };
    };
    return { scheduler, disk, durable, open };
  }

  it('[C4] answers an append only when it is durable, and reads see nothing before', async () => {
    const { scheduler, durable, open } = bench();
    const { store } = open('server');
    let answered = false;
    void store.log.append([entry('a')]).then(() => {
      expect(durable).toHaveLength(1);
      answered = true;
    });
    const heads: number[] = [];
    void store.log.head('s').then((head) => heads.push(head));
    await scheduler.run(() => answered, FOREVER);
    expect(heads).toEqual([0]);
  });

  it('[D2] a process killed between writing and syncing never hears of it', async () => {
    for (const point of ['before-write', 'before-sync', 'before-answer']) {
      const seen: string[] = [];
      const { scheduler, disk, open } = bench((reached) => {
        if (reached === point) process.kill();
      });
      const { process, store } = open('server');
      void store.log.append([entry('a')]).then(() => seen.push('answered'));
      await scheduler.run(() => false, FOREVER);
      disk.crash();
      expect(seen).toEqual([]);
      if (point === 'before-write') expect(disk.records).toEqual([]);
      if (point === 'before-answer') expect(disk.records).toHaveLength(1);
    }
  });

  it('[C1] [C3] [C5] decides as a log does: dense numbers, keys, conditions, claims', async () => {
    const { scheduler, open } = bench();
    const { store } = open('server');
    const outcomes: string[] = [];
    const append = (more: object) =>
      store.log
        .append([{ ...entry('a'), ...more }])
        .then((result) => outcomes.push(result.outcome));
    void append({ key: 'k', claims: [7] });
    void append({ key: 'k' });
    void append({ after: 9 });
    void append({ claims: [7], principal: 'q' });
    void append({ after: 1 });
    await scheduler.run(() => outcomes.length === 5, FOREVER);
    expect(outcomes).toEqual(['appended', 'repeated', 'conflict', 'taken', 'appended']);
    const { store: again } = open('after a restart');
    let head = 0;
    void again.log.head('s').then((number) => {
      head = number;
    });
    await scheduler.run(() => head > 0, FOREVER);
    expect(head).toBe(2);
  });
});

describe('network', () => {
  function bench() {
    const scheduler = new SimScheduler();
    const network = new SimNetwork({
      scheduler,
      random: createRandom('network'),
      latency: { min: 1, max: 20 },
      events: {},
    });
    const server = scheduler.spawn('server');
    const received: number[] = [];
    const seen: string[] = [];
    let transport: SimTransport | undefined;
    const endpoint: SimEndpoint = {
      receive: (frame) => received.push(frame[0] ?? -1),
      closed: () => seen.push('server closed'),
    };
    network.listen({
      process: server,
      accept: (accepted) => {
        transport = accepted;
        return endpoint;
      },
    });
    const client = scheduler.spawn('client');
    const connect = () =>
      scheduler.after(
        0,
        () => {
          const socket = network.connect('home');
          socket.onopen = () => {
            seen.push('open');
            for (const byte of [1, 2, 3, 4, 5]) socket.send(Uint8Array.of(byte));
          };
          socket.onclose = () => seen.push('client closed');
          socket.onmessage = ({ data }) => {
            if (data instanceof Uint8Array) seen.push(`heard ${data[0] ?? -1}`);
          };
        },
        client,
      );
    return { scheduler, network, server, client, connect, received, seen, send: () => transport };
  }

  it('keeps the order of frames', async () => {
    const { scheduler, connect, received, send, seen } = bench();
    connect();
    await scheduler.run(() => received.length === 5, FOREVER);
    for (const byte of [7, 8, 9]) send()?.send(Uint8Array.of(byte));
    await scheduler.run(() => seen.length === 4, FOREVER);
    expect(received).toEqual([1, 2, 3, 4, 5]);
    expect(seen).toEqual(['open', 'heard 7', 'heard 8', 'heard 9']);
  });

  it('a cut loses everything from some frame on, and both ends hear of it', async () => {
    const { scheduler, network, connect, received, seen } = bench();
    connect();
    await scheduler.run(() => seen.includes('open'), FOREVER);
    network.cut('home');
    await scheduler.run(() => false, FOREVER);
    expect([1, 2, 3, 4, 5].slice(0, received.length)).toEqual(received);
    expect(seen.toSorted()).toEqual(['client closed', 'open', 'server closed']);
    expect(network.idle).toBe(true);
  });

  it('a silent socket says nothing, and goes on where it stopped', async () => {
    const { scheduler, network, connect, received, seen } = bench();
    connect();
    await scheduler.run(() => seen.includes('open'), FOREVER);
    network.silence('home', 'both');
    expect(await scheduler.run(() => received.length === 5, scheduler.now + 1_000)).toBe(
      'deadline',
    );
    network.return('home');
    await scheduler.run(() => received.length === 5, FOREVER);
    expect(received).toEqual([1, 2, 3, 4, 5]);
  });

  it('what lingers arrives after its client was told of the end', async () => {
    const { scheduler, network, connect, received, seen } = bench();
    connect();
    await scheduler.run(() => seen.includes('open'), FOREVER);
    network.linger('home', 500);
    await scheduler.run(() => seen.includes('client closed'), FOREVER);
    expect(received).toEqual([]);
    await scheduler.run(() => false, FOREVER);
    expect(received).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses sockets while nobody listens', async () => {
    const { scheduler, network, server, connect, seen } = bench();
    server.kill();
    network.unlisten();
    connect();
    await scheduler.run(() => false, FOREVER);
    expect(seen).toEqual(['client closed']);
  });
});

describe('shrink', () => {
  it('finds the least that still fails', async () => {
    const list = Array.from({ length: 100 }, (_, index) => index);
    const fails = async (some: readonly number[]) => some.includes(17) && some.includes(83);
    expect(await shrink(list, fails)).toEqual([17, 83]);
  });
});
