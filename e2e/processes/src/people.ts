import { type ClientTracing, type Environment, type Weft, createWeft } from '@weft/client';
import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';

/** Where our server's program is. */
export const SERVER_ENTRY = new URL('../../../apps/server/src/main.ts', import.meta.url).pathname;

/** A person with one device, which keeps what it has across reloads. */
export interface Person {
  readonly name: string;
  readonly weft: Weft;
  /** Has the client try to connect now, as a browser does when the network is back. */
  hurry(): void;
  /** Closes the client and opens another over the same device: a reload. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** The part of a guest's sign-in that is used here. */
interface SignedIn {
  readonly token: string;
  readonly sub: string;
}

/** Signs a guest in. @param url `http://…` of the server */
export async function signIn(url: string, name: string): Promise<SignedIn> {
  const response = await fetch(`${url}/auth/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null || !('token' in answer) || !('sub' in answer)) {
    throw new Error(`${name} could not sign in: ${JSON.stringify(answer)}`);
  }
  return { token: String(answer.token), sub: String(answer.sub) };
}

/**
 * Makes a person who is signed in at a server and connects to it.
 * @param random uniform in [0, 1): client ids, jitter
 */
export async function createPerson(options: {
  readonly url: string;
  readonly name: string;
  readonly random: () => number;
  readonly tracing?: ClientTracing;
}): Promise<Person> {
  const { url, name, random, tracing } = options;
  const { token, sub } = await signIn(url, name);
  const disk = createMemoryDisk();
  const hurries = new Set<() => void>();
  const env: Partial<Environment> = {
    random,
    onHurry: (hurry) => {
      hurries.add(hurry);
      return () => hurries.delete(hurry);
    },
  };
  const open = (): Weft =>
    createWeft({
      url: `${url}/sync`,
      token,
      person: { sub, name },
      store: openMemoryDevice(disk),
      env,
      ...(tracing === undefined ? {} : { tracing }),
    });
  let weft = open();
  return {
    name,
    get weft() {
      return weft;
    },
    hurry: () => {
      for (const hurry of [...hurries]) hurry();
    },
    reload: async () => {
      await weft.close();
      weft = open();
    },
    close: () => weft.close(),
  };
}
