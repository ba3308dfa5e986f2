import * as v from 'valibot';
import * as Y from 'yjs';
import { makeProbe } from './probe.ts';
import { type Content, contentSchema, differences } from './replica.ts';
import { SimNetwork, type SimEndpoint, type SimTransport } from './sim/network.ts';
import { type SimRandom, createRandom } from './sim/random.ts';
import { type SimProcess, SimScheduler } from './sim/scheduler.ts';
import { shrink } from './sim/shrink.ts';
import type { SimSocket } from './sim/socket.ts';
import { Trace } from './sim/trace.ts';

/** What a program in the simulation has of the world: all else (timers, clock, random) would make runs differ. */
export interface SimWorld {
  /** Virtual milliseconds. */
  readonly now: () => number;
  /** Runs something later, unless the program is killed before; returns the cancel. */
  readonly after: (ms: number, run: () => void) => () => void;
  readonly random: SimRandom;
  /** What outlasts the program: a server's disk, a client's device. What is in it counts as written. */
  readonly kept: Map<string, Uint8Array>;
}

/** A server under test: what it makes of a socket. The client speaks first; what is sent before that comes too early. */
export interface SimulatedServer {
  accept(transport: SimTransport): SimEndpoint;
}

/** A client under test, with one document. */
export interface SimulatedClient {
  readonly doc: Y.Doc;
  /** Whether it says that all of its changes are stored. */
  settled(): boolean;
}

export interface SimClientWorld extends SimWorld {
  readonly name: string;
  /** A socket to the server, shaped like a browser's. */
  readonly connect: () => SimSocket;
}

const actionSchema = v.variant('type', [
  v.object({
    type: v.literal('insert'),
    at: v.number(),
    client: v.number(),
    place: v.number(),
    text: v.string(),
  }),
  v.object({ type: v.literal('delete'), at: v.number(), client: v.number(), place: v.number() }),
  v.object({ type: v.literal('cut'), at: v.number(), client: v.number() }),
  v.object({
    type: v.literal('silence'),
    at: v.number(),
    client: v.number(),
    way: v.picklist(['up', 'down', 'both']),
  }),
  v.object({ type: v.literal('away'), at: v.number(), client: v.number(), ms: v.number() }),
  v.object({ type: v.literal('reload'), at: v.number(), client: v.number() }),
  /** A client is gone with its device, right after it has said that all is stored; a new one comes in its place. */
  v.object({ type: v.literal('lose'), at: v.number(), client: v.number() }),
  v.object({ type: v.literal('crash'), at: v.number(), down: v.number() }),
]);
/** What happens in a run, and when. */
export type SimAction = v.InferOutput<typeof actionSchema>;
export type SimFault = Exclude<SimAction['type'], 'insert' | 'delete'>;

export interface SimulateOptions {
  readonly seed: string | number;
  /** Default 3. */
  readonly clients?: number;
  /** Edits of each; default 20. */
  readonly edits?: number;
  /** Default: all of them. */
  readonly faults?: readonly SimFault[];
  /** Starts the server; again after each crash, with the same `kept`. */
  readonly server: (world: SimWorld) => SimulatedServer;
  /** Starts a client; again after each reload, with the same `kept`. It keeps its text in `doc.getText('text')`. */
  readonly client: (world: SimClientWorld) => SimulatedClient;
  /** What happens, instead of what the seed draws: of a run before. */
  readonly actions?: readonly SimAction[];
}

export interface SimulateResult {
  /** What was broken, by law; empty when nothing was. */
  readonly violations: readonly string[];
  readonly actions: readonly SimAction[];
  /** Events run, and virtual milliseconds that passed. */
  readonly events: number;
  readonly lasted: number;
  /** Equal for equal runs. */
  readonly trace: string;
}

/** Milliseconds within which everything must be settled and equal, once every fault has ended. */
const PEACE = 180_000;
/** Milliseconds that edits and faults are spread over. */
const LIFE = 30_000;

/**
 * Runs clients and a server of yours in one process, over a network that is cut, falls silent and is slow, with a clock
 * that jumps. Then every fault ends: within three virtual minutes all clients must say that they are settled and hold the
 * same, and a newcomer must be given all of it by a server that has just been started from what it kept.
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const actions = options.actions ?? drawActions(options);
  const run = new Run(options, actions);
  return run.live();
}

/**
 * The least of a failing run's actions that still breaks one of the same laws.
 * @returns the result of the shortest run that was found
 */
export async function shrinkSimulation(
  options: SimulateOptions,
  failed: SimulateResult,
  budget = 300,
): Promise<SimulateResult> {
  const laws = new Set(failed.violations.map(lawOf));
  let best = failed;
  await shrink(
    failed.actions,
    async (actions) => {
      const result = await simulate({ ...options, actions });
      if (!result.violations.some((violation) => laws.has(lawOf(violation)))) return false;
      best = result;
      return true;
    },
    budget,
  );
  return best;
}

function lawOf(violation: string): string {
  return violation.slice(0, violation.indexOf(']'));
}

const FAULTS: readonly SimFault[] = ['cut', 'silence', 'away', 'reload', 'lose', 'crash'];

function drawActions(options: SimulateOptions): readonly SimAction[] {
  const { clients = 3, edits = 20, faults = FAULTS } = options;
  const random = createRandom(options.seed).fork('actions');
  const actions: SimAction[] = [];
  for (let client = 0; client < clients; client += 1) {
    for (let edit = 0; edit < edits; edit += 1) {
      const [at, place] = [random.int(0, LIFE), random.next()];
      if (random.chance(0.2)) actions.push({ type: 'delete', at, client, place });
      else actions.push({ type: 'insert', at, client, place, text: `${client}.${edit} ` });
    }
  }
  const count = faults.length === 0 ? 0 : random.int(1, 8);
  for (let fault = 0; fault < count; fault += 1) {
    const [at, client] = [random.int(0, LIFE), random.int(0, clients - 1)];
    const type = random.pick(faults);
    if (type === 'crash') actions.push({ type, at, down: random.int(0, 3_000) });
    else if (type === 'away') actions.push({ type, at, client, ms: random.int(100, 10_000) });
    else if (type === 'silence')
      actions.push({ type, at, client, way: random.pick(['up', 'down', 'both'] as const) });
    else actions.push({ type, at, client });
  }
  return actions.toSorted((one, other) => one.at - other.at);
}

interface Seat {
  readonly name: string;
  kept: Map<string, Uint8Array>;
  process: SimProcess;
  client: SimulatedClient | undefined;
}

class Run {
  readonly #options: SimulateOptions;
  readonly #actions: readonly SimAction[];
  readonly #scheduler = new SimScheduler();
  readonly #random: SimRandom;
  readonly #trace = new Trace();
  readonly #network: SimNetwork;
  readonly #disk = new Map<string, Uint8Array>();
  readonly #seats: Seat[] = [];
  readonly #violations: string[] = [];
  /** Clocks that a client had called stored when it was lost. */
  readonly #promised = new Map<number, number>();
  #server: SimProcess | undefined;
  #starts = 0;
  /** When the contents are compared next: they are long, and events many. */
  #looks = 0;

  constructor(options: SimulateOptions, actions: readonly SimAction[]) {
    this.#options = options;
    this.#actions = actions;
    this.#random = createRandom(options.seed);
    this.#network = new SimNetwork({
      scheduler: this.#scheduler,
      random: this.#random.fork('network'),
      latency: { min: 1, max: 200 },
      events: {},
    });
  }

  async live(): Promise<SimulateResult> {
    const scheduler = this.#scheduler;
    scheduler.after(0, () => this.#startServer(), 'nobody');
    for (let index = 0; index < (this.#options.clients ?? 3); index += 1)
      this.#sit(`client ${index}`);
    for (const action of this.#actions) {
      scheduler.after(action.at, () => this.#act(action), 'nobody');
    }
    await scheduler.run(() => false, LIFE + 4_000);
    this.#peace();
    const seats = [...this.#seats];
    const end = await scheduler.run(() => this.#together(seats), scheduler.now + PEACE);
    if (end !== 'done') this.#differences(seats);
    await this.#newcomer(seats);
    for (const { process, error } of scheduler.escaped) {
      this.#violations.push(`[error] escaped in ${process}: ${String(error)}`);
    }
    return {
      violations: this.#violations,
      actions: this.#actions,
      events: scheduler.events,
      lasted: scheduler.now,
      trace: this.#trace.hash,
    };
  }

  #act(action: SimAction): void {
    this.#trace.note(`${this.#scheduler.now} ${action.type}`);
    if (action.type === 'crash') {
      this.#stopServer();
      this.#scheduler.after(action.down, () => this.#startServer(), 'nobody');
      return;
    }
    const seat = this.#seats[action.client];
    if (seat === undefined) return;
    switch (action.type) {
      case 'insert':
      case 'delete':
        // In the client's own turn: what it does then dies with it.
        this.#scheduler.after(0, () => edit(seat, action), seat.process);
        return;
      case 'cut':
        this.#network.cut(seat.name);
        return;
      case 'silence':
        this.#network.silence(seat.name, action.way);
        return;
      case 'away':
        this.#network.leave(seat.name);
        this.#scheduler.after(action.ms, () => this.#network.return(seat.name), 'nobody');
        return;
      case 'reload':
        this.#reload(seat);
        return;
      case 'lose':
        this.#lose(seat);
        return;
      default: {
        const unreachable: never = action;
        return unreachable;
      }
    }
  }

  #startServer(): void {
    if (this.#server?.alive === true) return;
    const process = this.#scheduler.spawn('server');
    this.#server = process;
    this.#starts += 1;
    const server = this.#options.server(this.#world(process, `server ${this.#starts}`, this.#disk));
    this.#network.listen({ process, accept: (transport) => server.accept(transport) });
  }

  #stopServer(): void {
    this.#server?.kill();
    this.#network.unlisten();
  }

  #sit(name: string): Seat {
    const seat: Seat = {
      name,
      kept: new Map(),
      process: this.#scheduler.spawn(name),
      client: undefined,
    };
    this.#seats.push(seat);
    this.#start(seat);
    return seat;
  }

  #start(seat: Seat): void {
    this.#starts += 1;
    const world: SimClientWorld = {
      ...this.#world(seat.process, `${seat.name} ${this.#starts}`, seat.kept),
      name: seat.name,
      connect: () => this.#network.connect(seat.name),
    };
    const { process } = seat;
    this.#scheduler.after(
      0,
      () => {
        const client = this.#options.client(world);
        client.doc.clientID = world.random.int(1, 2 ** 31);
        seat.client = client;
      },
      process,
    );
  }

  #reload(seat: Seat): void {
    seat.process.kill();
    this.#network.reap();
    seat.process = this.#scheduler.spawn(seat.name);
    seat.client = undefined;
    this.#start(seat);
  }

  #lose(seat: Seat): void {
    const { client } = seat;
    if (client?.settled() !== true) return;
    for (const [id, clock] of clocksOf(client.doc)) {
      this.#promised.set(id, Math.max(clock, this.#promised.get(id) ?? 0));
    }
    seat.kept = new Map();
    this.#reload(seat);
  }

  /** Every fault ends, and every client starts anew, so that none waits for a socket that will never speak. */
  #peace(): void {
    this.#startServer();
    for (const seat of this.#seats) {
      this.#network.return(seat.name);
      this.#network.cut(seat.name);
    }
  }

  #together(seats: readonly Seat[]): boolean {
    if (this.#scheduler.now < this.#looks) return false;
    this.#looks = this.#scheduler.now + 100;
    const [first, ...others] = seats;
    if (first?.client === undefined || !first.client.settled()) return false;
    const content = JSON.stringify(contentOf(first.client.doc));
    return others.every(
      ({ client }) =>
        client !== undefined &&
        client.settled() &&
        JSON.stringify(contentOf(client.doc)) === content,
    );
  }

  #differences(seats: readonly Seat[]): void {
    for (const { name, client } of seats) {
      if (client?.settled() !== true) this.#violations.push(`[D2] ${name} never settled`);
    }
    const [first, ...others] = seats;
    for (const other of others) {
      const [one, two] = [first, other].map((seat) =>
        seat?.client === undefined ? {} : contentOf(seat.client.doc),
      );
      for (const found of differences(one ?? {}, two ?? {}, 1)) {
        this.#violations.push(
          `[D1] ${first?.name} and ${other.name} differ at ${found.path}: ${found.one ?? 'nothing'} and ${found.other ?? 'nothing'}`,
        );
      }
    }
  }

  /** What was called stored is what a server has that begins with its disk alone. */
  async #newcomer(seats: readonly Seat[]): Promise<void> {
    for (const seat of seats) {
      seat.process.kill();
      if (seat.client?.settled() !== true) continue;
      for (const [id, clock] of clocksOf(seat.client.doc)) {
        this.#promised.set(id, Math.max(clock, this.#promised.get(id) ?? 0));
      }
    }
    this.#network.reap();
    this.#stopServer();
    this.#startServer();
    const reader = this.#sit('newcomer');
    const lacks = () => {
      const clocks = clocksOf(reader.client?.doc ?? new Y.Doc());
      return [...this.#promised].filter(([id, clock]) => (clocks.get(id) ?? 0) < clock);
    };
    await this.#scheduler.run(() => lacks().length === 0, this.#scheduler.now + PEACE);
    for (const [id, clock] of lacks()) {
      this.#violations.push(
        `[D2] changes of ${id} up to ${clock} were called stored, and a server that was started anew does not have them`,
      );
    }
    this.#trace.note(JSON.stringify(contentOf(reader.client?.doc ?? new Y.Doc())));
  }

  #world(process: SimProcess, name: string, kept: Map<string, Uint8Array>): SimWorld {
    const scheduler = this.#scheduler;
    return {
      now: () => scheduler.now,
      after: (ms, run) => scheduler.after(ms, run, process),
      random: this.#random.fork(name),
      kept,
    };
  }
}

function edit(
  { client }: Seat,
  action: Extract<SimAction, { readonly type: 'insert' | 'delete' }>,
): void {
  if (client === undefined) return;
  const text = client.doc.getText('text');
  const at = Math.floor(action.place * text.length);
  if (action.type === 'insert') text.insert(at, action.text);
  else if (text.length > 0) text.delete(at, 1);
}

function clocksOf(doc: Y.Doc): ReadonlyMap<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc));
}

const probe = makeProbe();

function contentOf(doc: Y.Doc): Content {
  return v.parse(contentSchema, probe.contentOf(doc));
}
