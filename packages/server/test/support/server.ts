import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Grant } from '@weft/protocol';
import type { Log, Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { type WeftServerOptions, createWeftServer } from '../../src/index.ts';

export const SECRET = 'a secret that is only for tests, 32 bytes or more';

/** A token of the tests' own secret; without `access` its rights are the database's. */
export async function signToken(
  sub: string,
  access?: readonly Grant[],
  options: { readonly expires?: number; readonly tid?: string; readonly secret?: string } = {},
): Promise<string> {
  const claims = {
    name: `Name of ${sub}`,
    ...(access === undefined ? {} : { access }),
    ...(options.tid === undefined ? {} : { tid: options.tid }),
  };
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject(sub);
  if (options.expires !== undefined) token.setExpirationTime(options.expires);
  return token.sign(new TextEncoder().encode(options.secret ?? SECRET));
}

/** A token that may do everything. */
export const editorToken = (sub: string) => signToken(sub, [{ resource: '*', role: 'editor' }]);

/** A server on a free port, closed when the test ends. */
export async function startServer(
  options: Partial<WeftServerOptions> & { readonly store?: Store } = {},
) {
  const store = options.store ?? (await openMemoryStore());
  const server = await createWeftServer({ secret: SECRET, ...options, store });
  const { port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close());
  return {
    server,
    store,
    port,
    sync: `ws://127.0.0.1:${port}/sync`,
    http: `http://127.0.0.1:${port}`,
  };
}

/** A memory store whose appends wait at a gate, or fail, as the test says. */
export async function gatedStore() {
  const store = await openMemoryStore();
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => {};
  let failure: Error | undefined;
  const append: Log['append'] = async (entries) => {
    await gate;
    if (failure !== undefined) throw failure;
    return store.log.append(entries);
  };
  return {
    store: { ...store, log: { ...store.log, append } },
    /** Holds every append from now on. */
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

/** A directory of this test's own, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
