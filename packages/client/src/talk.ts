import { NOTHING_UNREAD, WeftError } from '@weft/protocol';
import type { ConversationHandle, FileProgress, History, Observable } from './api.ts';
import type { Conversations, ConversationsOptions } from './conversations.ts';
import { type Signal, following, signal } from './observable.ts';
import { parts, whenHere } from './parts.ts';

export type TalkOptions = Omit<ConversationsOptions, 'unsaved'>;

/**
 * Conversations, which a page need not load before it shows one, or has something to send in one. Until they are here a
 * handle says `loading`, and what is sent waits with it, counted as unsaved.
 */
export class Talk {
  readonly unsaved: Signal<number> = signal(0);
  readonly #options: TalkOptions;
  readonly #here: Signal<Conversations | undefined> = signal(undefined);
  /** Handles that were given out before; called with nothing when the client ends without them. */
  readonly #waiting: ((here: Conversations | undefined) => void)[] = [];
  /** What was asked of those handles, until it is handed on. */
  readonly #asked = new Set<Promise<unknown>>();
  #net: 'offline' | 'follows' | 'leads' = 'offline';
  /** Set while the code is being fetched: stops that. */
  #cancel: (() => void) | undefined;

  constructor(options: TalkOptions) {
    this.#options = options;
    if (parts.conversations.now === undefined) this.refresh();
    else this.#want();
  }

  /** Nothing before anybody wanted them. */
  get here(): Conversations | undefined {
    return this.#here.get();
  }

  /** One more holder of a conversation. */
  handle(id: string): ConversationHandle {
    this.#want();
    return this.here?.handle(id) ?? this.#laterHandle(id);
  }

  /** @param leads whether this tab sends what the device keeps for all of them */
  online(leads: boolean): void {
    this.#net = leads ? 'leads' : 'follows';
    if (this.here !== undefined) this.here.online(leads);
    else if (this.#cancel === undefined) this.refresh();
    else {
      // There is a network again, and no reason to wait any longer.
      this.#stop();
      this.#want();
    }
  }

  /** Sends nothing more. */
  offline(): void {
    this.#net = 'offline';
    this.here?.offline();
  }

  /** The connection is gone. */
  lost(): void {
    this.#net = 'offline';
    this.here?.lost();
  }

  /** The device's outbox may have changed: what is in it has to be sent. */
  refresh(): void {
    if (this.here !== undefined) {
      this.here.refresh();
      return;
    }
    this.#options.store.outboxSize().then(
      (kept) => {
        if (kept > 0) this.#want();
      },
      // A device that cannot be read holds nothing that could be sent.
      () => undefined,
    );
  }

  /** Hands on what waits for the code. Resolves when that is done, or the code cannot be had just now. */
  handOn(): Promise<unknown> | undefined {
    if (this.#asked.size === 0) return undefined;
    return parts.conversations.load().then(
      () => {
        this.#want();
        return Promise.all(this.#asked);
      },
      () => undefined,
    );
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  async settled(): Promise<void> {
    await this.handOn();
    await this.here?.settled();
  }

  /** Ends it: whoever waits for what is not safe is told so. */
  async close(): Promise<void> {
    this.#stop();
    for (const arrived of this.#waiting.splice(0)) arrived(undefined);
    this.here?.close();
    await this.here?.settled();
  }

  #want(): void {
    if (this.here !== undefined) return;
    const part = parts.conversations.now;
    if (part === undefined) {
      this.#cancel ??= whenHere(parts.conversations, this.#options.env, () => this.#want());
      return;
    }
    this.#stop();
    const here = new part.Conversations({ ...this.#options, unsaved: this.unsaved });
    this.#here.set(here);
    for (const arrived of this.#waiting.splice(0)) arrived(here);
    if (this.#net !== 'offline') here.online(this.#net === 'leads');
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The face of a conversation that is not here yet. */
  #laterHandle(id: string): ConversationHandle {
    const real = signal<ConversationHandle | undefined>(undefined);
    let open = true;
    const arrived = new Promise<ConversationHandle>((resolve, reject) => {
      this.#waiting.push((here) => {
        if (here === undefined) {
          reject(new WeftError('device-failed', 'The client was closed.'));
          return;
        }
        const handle = here.handle(id);
        if (!open) handle.close();
        real.set(handle);
        resolve(handle);
      });
    });
    // Whoever asked for something hears of it there.
    arrived.catch(() => undefined);
    const ask = async <T>(run: (handle: ConversationHandle) => Promise<T>): Promise<T> => {
      const { unsaved } = this;
      unsaved.set(unsaved.get() + 1);
      let running: Promise<T>;
      try {
        // From here on the outbox counts it.
        running = run(await arrived);
      } finally {
        unsaved.set(unsaved.get() - 1);
      }
      return running;
    };
    const asked = <T>(run: (handle: ConversationHandle) => Promise<T>): Promise<T> => {
      const handedOn = arrived.then(
        () => undefined,
        () => undefined,
      );
      this.#asked.add(handedOn);
      void handedOn.then(() => this.#asked.delete(handedOn));
      return ask(run);
    };
    const show = <T>(before: T, pick: (handle: ConversationHandle) => Observable<T>) =>
      following(real, (handle) => (handle === undefined ? unchanging(before) : pick(handle)));
    return {
      id,
      timeline: show([], ({ timeline }) => timeline),
      history: show(NO_HISTORY, ({ history }) => history),
      hold: (first, last) => real.get()?.hold(first, last) ?? (() => undefined),
      sequenceAt: async (at) => (await arrived).sequenceAt(at),
      keeping: show({ state: 'off' }, ({ keeping }) => keeping),
      keep: (wish) => void arrived.then((handle) => handle.keep(wish)).catch(() => undefined),
      takes: () => real.get()?.takes() ?? { messages: 0, bytes: 0 },
      phase: show('loading', ({ phase }) => phase),
      access: show({ state: 'unknown' }, ({ access }) => access),
      members: show({ members: [], own: { state: 'out' } }, ({ members }) => members),
      threads: show([], ({ threads }) => threads),
      typing: show([], ({ typing }) => typing),
      receipts: show([], ({ receipts }) => receipts),
      unread: show(NOTHING_UNREAD, ({ unread }) => unread),
      loaded: new Promise((resolve) => {
        arrived.then(
          ({ loaded }) => resolve(loaded),
          () => undefined,
        );
      }),
      uploads: show(NO_UPLOADS, ({ uploads }) => uploads),
      openFile: async (hash) => (await arrived).openFile(hash),
      send: (body, options) => asked((handle) => handle.send(body, options)),
      edit: (message, body) => asked((handle) => handle.edit(message, body)),
      delete: (message) => asked((handle) => handle.delete(message)),
      react: (message, emoji) => asked((handle) => handle.react(message, emoji)),
      unreact: (message, emoji) => asked((handle) => handle.unreact(message, emoji)),
      pin: (message) => asked((handle) => handle.pin(message)),
      unpin: (message) => asked((handle) => handle.unpin(message)),
      startThread: (body, options) => asked((handle) => handle.startThread(body, options)),
      resolveThread: (anchor) => asked((handle) => handle.resolveThread(anchor)),
      reopenThread: (anchor) => asked((handle) => handle.reopenThread(anchor)),
      join: () => asked((handle) => handle.join()),
      leave: () => asked((handle) => handle.leave()),
      retry: (command, body) => asked((handle) => handle.retry(command, body)),
      dismiss: async (command) => (await arrived).dismiss(command),
      setTyping: (types) => real.get()?.setTyping(types),
      markRead: (message) => {
        const handle = real.get();
        if (handle !== undefined) handle.markRead(message);
        else if (message !== undefined) throw new WeftError('not-stored');
      },
      close: () => {
        open = false;
        real.get()?.close();
      },
    };
  }
}

/** Of what is not here yet, nothing is known. */
export const NO_HISTORY: History = {
  length: 0,
  first: 1,
  at: () => undefined,
  sequenceOf: () => undefined,
  waiting: [],
  pinned: [],
  pinnedElsewhere: [],
};

const NO_UPLOADS: ReadonlyMap<string, FileProgress> = new Map();

function unchanging<T>(value: T): Observable<T> {
  return { get: () => value, subscribe: () => () => undefined };
}
