import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Kind } from './kinds.ts';
import type { Target } from './load/jobs.ts';
import { type Asked, type Said, type Usage, saidSchema } from './servers/messages.ts';

/** A server in a process of its own, with a data directory of its own. */
export interface ServerChild {
  readonly kind: Kind;
  readonly dataDir: string;
  /** What the load generator needs to reach it. Changes with a restart. */
  readonly target: Target;
  /** @param collect whether garbage is collected before memory is read; takes `measuresMemory` */
  usage(collect?: boolean): Promise<Usage>;
  /** SIGKILL: as power loss, but for what the kernel had been given already. */
  kill(): Promise<void>;
  /** Lets it store what it holds and ends it; the data stay. */
  stop(): Promise<void>;
  /** Starts it again on the same data. Rejects while it runs. */
  restart(): Promise<void>;
  /** Stops it, if it runs, and removes its data. */
  close(): Promise<void>;
}

export interface ServerChildOptions {
  readonly watchLoop?: boolean;
  /** Memory will be read without its garbage. */
  readonly measuresMemory?: boolean;
  /** Count how long each step of an edit takes. */
  readonly stages?: boolean;
  /** Seats, for a server that has them. */
  readonly seats?: number;
  /** Milliseconds that each commit takes longer. */
  readonly slowDisk?: number;
  /** Further options of Node (`--cpu-prof`, say). */
  readonly nodeOptions?: readonly string[];
}

/** Milliseconds to start, and to stop, after which something must be wrong. */
const DEADLINE = 60_000;

/** @throws when the server does not start; its own words are in the message */
export async function startServer(
  kind: Kind,
  options: ServerChildOptions = {},
): Promise<ServerChild> {
  const dataDir = await mkdtemp(join(tmpdir(), 'weft-bench-'));
  const secret = randomBytes(32).toString('base64url');
  let running: Running | undefined;
  const start = async () => {
    if (running !== undefined) throw new Error(`${kind} still runs.`);
    const made = spawn(kind, options);
    running = made;
    void made.ended.then(() => {
      if (running === made) running = undefined;
    });
    const { watchLoop = false, stages = false, seats } = options;
    const given = seats === undefined ? {} : { seats };
    made.ask({ type: 'start', dataDir, secret, watchLoop, stages, ...given });
    const said = await made.hear();
    if (said.type !== 'ready') throw new Error(`${kind} did not start: ${JSON.stringify(said)}`);
    return said.port;
  };
  const end = async (how: (child: Running) => void) => {
    if (running === undefined) return;
    const { ended } = running;
    how(running);
    await ended;
  };
  const stop = () =>
    end((child) => {
      child.ask({ type: 'stop' });
      const late = setTimeout(() => child.process.kill('SIGKILL'), DEADLINE);
      void child.ended.then(() => clearTimeout(late));
    });
  let port: number;
  try {
    port = await start();
  } catch (error) {
    await end((child) => child.process.kill('SIGKILL'));
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    kind,
    dataDir,
    get target() {
      return { dialect: kind, port, secret };
    },
    usage: async (collect = false) => {
      if (running === undefined) throw new Error(`${kind} does not run.`);
      running.ask({ type: 'usage', collect });
      const said = await running.hear();
      if (said.type !== 'usage') throw new Error(`${kind} said ${JSON.stringify(said)}`);
      return said;
    },
    kill: () => end((child) => child.process.kill('SIGKILL')),
    stop,
    restart: async () => {
      port = await start();
    },
    close: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  ask(message: Asked): void;
  /** The next thing it says; rejects when it ends without a word. */
  hear(): Promise<Said>;
}

function spawn(
  kind: Kind,
  { slowDisk, nodeOptions = [], measuresMemory = false }: ServerChildOptions,
): Running {
  const entry = fileURLToPath(new URL(`./servers/${kind}.ts`, import.meta.url));
  const slow = new URL('./servers/slow-disk.ts', import.meta.url);
  slow.search = `ms=${slowDisk ?? 0}`;
  const child = fork(entry, [], {
    execArgv: [
      ...nodeOptions,
      ...(measuresMemory ? ['--expose-gc'] : []),
      ...(slowDisk === undefined ? [] : ['--import', slow.href]),
    ],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // A benchmark that dies must not leave a server behind; the child also ends when the channel does.
  const reap = () => child.kill('SIGKILL');
  process.once('exit', reap);
  const said: Said[] = [];
  let waiting: { resolve: (said: Said) => void; reject: (error: Error) => void } | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', reap);
      waiting?.reject(new Error(`${kind} ended (${code ?? signal}).`));
      resolve();
    });
  });
  child.on('message', (message: unknown) => {
    const heard = v.parse(saidSchema, message);
    if (waiting === undefined) said.push(heard);
    else waiting.resolve(heard);
    waiting = undefined;
  });
  return {
    process: child,
    ended,
    ask: (message) => void child.send(message),
    hear: () =>
      new Promise((resolve, reject) => {
        const first = said.shift();
        if (first !== undefined) resolve(first);
        else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`${kind} has ended.`));
        } else waiting = { resolve, reject };
      }),
  };
}
