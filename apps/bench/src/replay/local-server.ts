import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServerProcess } from '@weft/testkit';
import { SignJWT } from 'jose';

/** A server of our own, in a process and a data directory of its own, and tokens that it takes. */
export interface LocalServer {
  /** `ws://127.0.0.1:<port>/sync` */
  readonly url: string;
  /** A token for everything, for a person of this name. */
  token(sub: string, role: 'editor' | 'reader'): Promise<string>;
  /** Kills it as power loss would, and starts it again on the same port and data. */
  killAndRestart(): Promise<void>;
  /** Stops it and removes its data. */
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url));

/** @throws when the server does not start; its own words are in the message */
export async function startLocalServer(): Promise<LocalServer> {
  const secret = randomBytes(32).toString('base64url');
  const dataDir = await mkdtemp(join(tmpdir(), 'weft-replay-'));
  let server: ServerProcess;
  try {
    server = await startServerProcess({ entry: ENTRY, dataDir, env: { WEFT_AUTH_SECRET: secret } });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `ws://127.0.0.1:${server.port}/sync`,
    token: (sub, role) =>
      new SignJWT({ name: sub, access: [{ resource: '*', role }] })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(sub)
        .setExpirationTime('1d')
        .setIssuedAt()
        .sign(new TextEncoder().encode(secret)),
    killAndRestart: async () => {
      await server.kill('SIGKILL');
      server = await server.restart();
    },
    close: async () => {
      await server.kill('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
