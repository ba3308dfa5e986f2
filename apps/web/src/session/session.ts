import { createWeft, deviceName, type Observable, type Weft } from '@weft/client';
import type { Revisions, Timings } from '@weft/protocol';
import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import { scriptAddress } from '../parts/script-address.ts';
import { createMadeHere, type MadeHere } from '../sync/made-here.ts';
import { type NotStored, countNotStored } from '../sync/not-stored.ts';
import { createOffline } from '../sync/offline.ts';
import { createWork, type Work } from '../sync/work.ts';
import { askRevisions } from './ask-revisions.ts';
import { askTimings } from './ask-timings.ts';
import {
  type Guest,
  type SignedIn,
  type Storage,
  forgetGuest,
  rememberGuest,
  rememberedGuest,
  signInAsGuest,
} from './guest.ts';

/** Everything that a signed-in person works with. */
export interface SignedInSession {
  readonly state: 'signed-in';
  readonly person: { readonly sub: string; readonly name: string };
  readonly weft: Weft;
  readonly work: Work;
  /** No connection for so long that the screen says so. */
  readonly offline: Observable<boolean>;
  readonly madeHere: MadeHere;
  /** What leaving would take from everybody. Rejects when the device cannot be read. */
  readonly notStored: () => Promise<NotStored>;
  /** How long messages of a conversation take, as the server counted. Rejects without a connection, or the right. */
  readonly timings: (conversation: string) => Promise<Timings>;
  /** The texts that a message had. Rejects without a connection, or the right. */
  readonly revisions: (conversation: string, sequence: number) => Promise<Revisions>;
}

export type Session = { readonly state: 'signed-out' } | SignedInSession;

export interface SessionStore extends Observable<Session> {
  /** Signs in with a name. Rejects as `signInAsGuest` does. */
  signIn(name: string): Promise<void>;
  /** Forgets the guest on this device and closes the client. Never rejects. */
  signOut(): Promise<void>;
}

/**
 * Who works here. Somebody who signed in on this device before is signed in at once, without asking the server:
 * what is on the device opens, and the token is fetched when the client connects.
 */
export function createSessionStore(storage: Storage): SessionStore {
  const listeners = new Set<() => void>();
  const remembered = rememberedGuest(storage);
  let session: Session =
    remembered === undefined ? { state: 'signed-out' } : open(remembered, undefined, storage);
  const change = (next: Session) => {
    session = next;
    for (const listener of listeners) listener();
  };
  return {
    get: () => session,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async signIn(name) {
      const answer = await signInAsGuest({ name });
      rememberGuest(storage, answer);
      change(open(answer, answer.token, storage));
    },
    async signOut() {
      const before = session;
      forgetGuest(storage);
      change({ state: 'signed-out' });
      // The person has left already: what does not close now, the browser closes with the page.
      if (before.state === 'signed-in') await before.weft.close().catch(() => undefined);
    },
  };
}

function open(guest: Guest, firstToken: string | undefined, storage: Storage): SignedInSession {
  let token = firstToken;
  const url = `${location.origin}/sync`;
  const weft = createWeft({
    url,
    env: {
      searchWorker: () => new Worker(scriptAddress('search'), { type: 'module' }),
    },
    person: { sub: guest.sub, name: guest.name },
    token: async () => {
      // The token of the sign-in itself serves the first connection; each later one is fetched.
      const ready = token;
      token = undefined;
      if (ready !== undefined) return ready;
      const answer: SignedIn = await signInAsGuest({ name: guest.name, secret: guest.secret });
      return answer.token;
    },
  });
  const madeHere = createMadeHere(storage, guest.sub);
  return {
    state: 'signed-in',
    person: { sub: guest.sub, name: guest.name },
    weft,
    work: createWork(weft),
    offline: createOffline(weft.connection, (ms, fire) => {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    }),
    madeHere,
    timings: async (conversation) => {
      const answer = await signInAsGuest({ name: guest.name, secret: guest.secret });
      return askTimings(conversation, answer.token);
    },
    revisions: async (conversation, sequence) => {
      const answer = await signInAsGuest({ name: guest.name, secret: guest.secret });
      return askRevisions(conversation, sequence, answer.token);
    },
    notStored: async () => {
      await weft.flush();
      const store = openIndexedDbDevice({ name: deviceName(new URL(url), guest.sub) });
      try {
        return await countNotStored(store);
      } finally {
        await store.close();
      }
    },
  };
}
