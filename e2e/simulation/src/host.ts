import type { Logger, WeftCore } from '@weft/server';
import { SESSION_PROTOCOL } from '@weft/protocol';
import {
  type CommitPoint,
  type DiskHealth,
  SIM_EPOCH,
  SimDisk,
  type SimEndpoint,
  type SimNetwork,
  type SimProcess,
  type SimRandom,
  type SimScheduler,
  type SimTransport,
  type StoreRecord,
  openSimStore,
} from '@weft/testkit/sim';
import type { People } from './people.ts';
import { SIM_LIMITS, TENANT } from './rules.ts';
import type { Universe } from './universe.ts';

/** Milliseconds until a server that could not start is started again. */
const RESTART = 500;

export interface HostOptions {
  readonly universe: Universe;
  readonly scheduler: SimScheduler;
  readonly network: SimNetwork;
  readonly random: SimRandom;
  readonly people: People;
  /** Whether rights are asked for each time, and not read from tokens. */
  readonly authorizes: boolean;
  /** Bytes that a document may have. */
  readonly documentBytes: number;
  /** How many it takes at once; more than there are, where nothing is said. */
  readonly admission?: { readonly seats: number; readonly kept: number } | undefined;
  /** Records have become durable. */
  readonly durable: (records: readonly StoreRecord[]) => void;
}

/** A machine with a disk and, most of the time, our server on it. */
export class Host {
  readonly #options: HostOptions;
  readonly #disk: SimDisk<StoreRecord>;
  readonly #slowness: number;
  #process: SimProcess | undefined;
  #core: WeftCore | undefined;
  #boots = 0;
  #health: DiskHealth = 'well';
  #trap: { readonly point: CommitPoint; left: number; readonly down: number } | undefined;
  #listening = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#disk = new SimDisk(options.random.fork('disk'));
    this.#slowness = options.random.fork('slowness').pick([1, 1, 4, 20]);
  }

  /** Whether the server has anything under way. */
  get busy(): boolean {
    return this.#core?.busy === true;
  }

  /** Whether the server takes sockets. */
  get listening(): boolean {
    return this.#listening && this.#process?.alive === true;
  }

  /** Rights of a person have changed. A server that is down asks when it is up. */
  rightsChanged(sub: string): void {
    if (this.listening) this.#core?.rightsChanged(TENANT, sub);
  }

  /** How often it was started. */
  get boots(): number {
    return this.#boots;
  }

  set health(health: DiskHealth) {
    this.#health = health;
  }

  /** Starts the server, if it is down. */
  boot(): void {
    if (this.#process?.alive === true) return;
    const { scheduler, random } = this.#options;
    this.#boots += 1;
    const process = scheduler.spawn(`server ${this.#boots}`);
    this.#process = process;
    this.#listening = false;
    scheduler.after(0, () => this.#start(process, random.fork(`boot ${this.#boots}`)), process);
  }

  /** Power loss. @param down milliseconds until it is started again */
  crash(down: number): void {
    const process = this.#process;
    if (process?.alive !== true) return;
    process.kill();
    this.#trap = undefined;
    // What is there after all is told after this event: the crash may come in the middle of a commit.
    this.#options.durable(this.#disk.crash());
    this.#options.network.unlisten();
    this.#options.scheduler.after(down, () => this.boot(), 'nobody');
  }

  /** Crashes when a commit reaches a point for the nth time from now. */
  trap(point: CommitPoint, nth: number, down: number): void {
    this.#trap = { point, left: nth, down };
  }

  /** Takes a trap away. */
  disarm(): void {
    this.#trap = undefined;
  }

  #reached(point: CommitPoint): void {
    const trap = this.#trap;
    if (trap?.point !== point) return;
    trap.left -= 1;
    if (trap.left === 0) this.crash(trap.down);
  }

  #start(process: SimProcess, random: SimRandom): void {
    const { universe, scheduler, network, people, authorizes, admission, documentBytes } =
      this.#options;
    const { wrappers } = universe;
    const own = openSimStore({
      scheduler,
      process,
      random,
      disk: this.#disk,
      identity: { serverId: 'sim', epoch: 1 },
      slowness: this.#slowness,
      health: () => this.#health,
      reached: (point) => this.#reached(point),
      durable: this.#options.durable,
    });
    const store = wrappers.store?.(own) ?? own;
    const between = wrappers.sockets?.();
    const core = universe.createWeftCore({
      store,
      build: 'sim',
      now: () => SIM_EPOCH + Math.floor(scheduler.now),
      logger: SILENT,
      limits: { ...SIM_LIMITS, documentBytes },
      folder: { fold: async (updates) => universe.foldUpdates(updates), close: async () => {} },
      verify: async (token) => people.verify(token),
      ...(admission === undefined
        ? {}
        : { admission: { seats: admission.seats, keptMs: admission.kept } }),
      ...(authorizes ? { authorize: (question) => people.roleOf(question) } : {}),
    });
    core.then(
      (running) => {
        this.#listening = true;
        this.#core = running;
        const accept = (transport: SimTransport): SimEndpoint => {
          const socket = running.accept(transport);
          return {
            receive: (frame) => socket.receive(frame),
            closed: (code) => socket.closed(code),
          };
        };
        network.listen({
          process,
          accept: (transport, { protocol }) => {
            if (protocol === SESSION_PROTOCOL) return running.acceptSession(transport);
            return between?.(transport, accept) ?? accept(transport);
          },
        });
      },
      // A server that cannot read or write its store does not start; its supervisor tries again.
      () => this.crash(RESTART),
    );
  }
}

const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };
