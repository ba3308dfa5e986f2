import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FaultProxy,
  type FaultProxyOptions,
  type ServerProcess,
  createFaultProxy,
  startServerProcess,
} from '../index.ts';

/** How the server under test is started. It prints `http://127.0.0.1:<port>` once it listens on PORT. */
export interface ServerOptions {
  /** A module that `node` runs. */
  readonly entry: string;
  /** Variables of its environment; of ours it has PATH and HOME, and WEFT_DATA_DIR is its directory. */
  readonly env?: Env | ((dataDir: string) => Env);
  /** The WebSocket path that faults apply to; default `/sync`. */
  readonly path?: string;
}
type Env = Readonly<Record<string, string>>;

/** A server of a test's own: a process, with a directory that goes with it. */
export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  /** What it wrote, both streams. */
  output(): string;
  /** SIGKILL: what power loss does to a process. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; one that runs is ended first, as an operator does (SIGTERM). */
  restart(): Promise<void>;
  /** Stops it where it stands: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** The kernel refuses its writes, until `freeDisk`. Linux alone. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
  /** Ends it as an operator does, uses its data, and starts it again on the same port. */
  whileStopped(use: (dataDir: string) => Promise<void>): Promise<void>;
  /** A way to it that faults can be put on, and that ends with it. */
  line(options?: Omit<FaultProxyOptions, 'target' | 'path'>): Promise<FaultProxy>;
  /** Ends it. Rejects with what it wrote when it had ended by itself. */
  close(): Promise<void>;
}

/** Starts a server. Rejects with what it wrote when it does not start. */
export async function startTestServer(options: ServerOptions): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'weft-testkit-'));
  const { entry, path } = options;
  const env = typeof options.env === 'function' ? options.env(dataDir) : options.env;
  let server: ServerProcess;
  try {
    server = await startServerProcess({ entry, dataDir, ...(env === undefined ? {} : { env }) });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  const lines: FaultProxy[] = [];
  let expected: 'running' | 'ended' = 'running';
  const again = async () => {
    server = await server.restart();
    expected = 'running';
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    expected = 'ended';
    await server.kill(signal);
  };
  return {
    get url() {
      return server.url;
    },
    dataDir,
    output: () => server.output(),
    kill: () => end('SIGKILL'),
    restart: async () => {
      if (expected === 'running') await end('SIGTERM');
      await again();
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    fillDisk: () => server.fillDisk(),
    freeDisk: () => server.freeDisk(),
    whileStopped: async (use) => {
      await end('SIGTERM');
      await use(dataDir);
      await again();
    },
    line: async (own = {}) => {
      const line = await createFaultProxy({
        ...own,
        target: server.url,
        ...(path === undefined ? {} : { path }),
      });
      lines.push(line);
      return line;
    },
    close: async () => {
      await Promise.all(lines.map((line) => line.close()));
      const { code, signal } = await server.kill('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
      if (expected === 'running' && signal !== 'SIGKILL') {
        throw new Error(`the server ended by itself with ${code ?? signal}\n${server.output()}`);
      }
    },
  };
}
