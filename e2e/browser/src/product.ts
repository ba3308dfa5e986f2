import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FaultProxy,
  type ServerProcess,
  createFaultProxy,
  startServerProcess,
} from '@weft/testkit';

/** The product as people run it: the server's entry in a process of its own, serving the built web app. */
export interface Product {
  /** A way to the server that can be cut without the others noticing. */
  line(): Promise<FaultProxy>;
  /** What power loss does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Stops it as an operator does, does something to its data, and starts it again on the same port. */
  whileStopped(use: (database: string) => Promise<void>): Promise<void>;
  /** Stops it. Rejects with what it wrote when it had ended by itself. */
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../../../apps/server/src/main.ts', import.meta.url));

/** @param env further variables of the server's environment */
export async function startProduct(env: Readonly<Record<string, string>> = {}): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'weft-e2e-'));
  let server: ServerProcess = await startServerProcess({ entry: ENTRY, dataDir, env });
  const lines: FaultProxy[] = [];
  let expected: 'running' | 'killed' = 'running';
  return {
    line: async () => {
      const line = await createFaultProxy({ target: server.url });
      lines.push(line);
      return line;
    },
    kill: async () => {
      expected = 'killed';
      await server.kill('SIGKILL');
    },
    restart: async () => {
      server = await server.restart();
      expected = 'running';
    },
    whileStopped: async (use) => {
      expected = 'killed';
      await server.kill('SIGTERM');
      await use(join(dataDir, 'weft.db'));
      server = await server.restart();
      expected = 'running';
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
