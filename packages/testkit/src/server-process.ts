import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** A real server in a process of its own, so that a test can kill it as power loss would. */
export interface ServerProcess {
  /** `http://127.0.0.1:<port>`, as the server printed it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** All that it wrote so far, both streams, for messages of failed tests. */
  output(): string;
  /** Resolves when it has written a text; rejects when it ends before. */
  wrote(text: string): Promise<void>;
  /** Sends a signal (default SIGTERM) and resolves with how the process ended. Idempotent. */
  kill(signal?: NodeJS.Signals): Promise<ServerExit>;
  /** Stops it where it stands (SIGSTOP): its sockets stay open, and nothing is answered. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
  /**
   * Its disk takes nothing more: the kernel refuses each of its writes to a file (by RLIMIT_FSIZE, so as EFBIG).
   * What is there can be read. Rejects where there is no `prlimit` (util-linux).
   */
  fillDisk(): Promise<void>;
  /** There is room again. */
  freeDisk(): Promise<void>;
  /** Starts it again on the same port with the same data. Rejects while it still runs. */
  restart(): Promise<ServerProcess>;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcessOptions {
  /** Path of the server's entry, a module that `node` runs. */
  readonly entry: string;
  readonly dataDir: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Further variables of its environment. Nothing but PATH and HOME is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it must have said where it listens; default 20,000. */
  readonly deadline?: number;
}

/**
 * Starts a server and resolves when it printed its address. Rejects with what it wrote when it ends before that or
 * misses the deadline. Ends with this process at the latest.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [options.entry], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      HOST: '127.0.0.1',
      PORT: String(options.port ?? 0),
      WEFT_DATA_DIR: options.dataDir,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test run that dies must not leave a server behind.
  const reap = () => child.kill('SIGKILL');
  process.once('exit', reap);
  const ended = new Promise<ServerExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  void ended.then(() => process.off('exit', reap));

  let written = '';
  let watchers: (() => void)[] = [];
  const tell = () => {
    const watching = watchers;
    watchers = [];
    for (const look of watching) look();
  };
  void ended.then(tell);
  const { port, pid } = await new Promise<{ port: number; pid: number }>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the server did not say where it listens\n${written}`));
    }, options.deadline ?? 20_000);
    const fail = (error: Error) => {
      clearTimeout(late);
      reject(error);
    };
    child.once('error', fail);
    child.once('close', (code, signal) => {
      fail(new Error(`the server ended with ${code ?? signal} before it listened\n${written}`));
    });
    collect(child, (text) => {
      written += text;
      tell();
      const found = /http:\/\/127\.0\.0\.1:(\d+)\s/.exec(written)?.[1];
      if (found === undefined || child.pid === undefined) return;
      clearTimeout(late);
      resolve({ port: Number(found), pid: child.pid });
    });
  });

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid,
    output: () => written,
    wrote: async (text) => {
      while (!written.includes(text)) {
        if (!isRunning(child))
          throw new Error(`the server ended without writing ${text}\n${written}`);
        await new Promise<void>((look) => {
          watchers.push(look);
        });
      }
    },
    kill: (signal = 'SIGTERM') => {
      if (isRunning(child)) {
        child.kill(signal);
        // One that stands still hears of no other signal.
        child.kill('SIGCONT');
      }
      return ended;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    fillDisk: () => limitFiles(pid, '0'),
    freeDisk: () => limitFiles(pid, 'unlimited'),
    restart: () => {
      if (isRunning(child)) {
        return Promise.reject(new Error('the server still runs'));
      }
      return startServerProcess({ ...options, port });
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Changes the soft limit alone: the hard one could not be raised again. */
async function limitFiles(pid: number, bytes: '0' | 'unlimited'): Promise<void> {
  try {
    await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  } catch (error) {
    throw new Error(
      'A disk can be filled on Linux alone, with `prlimit` (package util-linux), while the server runs.',
      { cause: error },
    );
  }
}

function collect(child: ChildProcess, write: (text: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => write(text));
  }
}
