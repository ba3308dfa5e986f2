/** What a tab is given of its browser: the channels and the locks that all tabs of one origin share. */
export interface HubTab {
  /** A tab does not hear itself; what was under way to it when it closed a channel is dropped. */
  channel(
    name: string,
    receive: (data: unknown) => void,
  ): { post(data: Uint8Array<ArrayBuffer>): void; close(): void };
  /** One tab holds the lock of a name, the others wait in order. Returns what gives it up, or stops waiting. */
  lock(name: string, held: () => void): () => void;
  /** Whether nobody holds or awaits the lock of a name. */
  free(name: string): boolean;
  /** The tab is gone, without a word: its channels are closed and its locks pass on. Idempotent. */
  kill(): void;
}

export interface TabHub {
  /** @param deliver runs something in a later turn of that tab; default: a microtask */
  tab(deliver?: (run: () => void) => void): HubTab;
}

interface Channel {
  readonly tab: object;
  readonly receive: (data: unknown) => void;
  readonly deliver: (run: () => void) => void;
}

interface Wish {
  readonly held: () => void;
  readonly deliver: (run: () => void) => void;
}

/** BroadcastChannel and Web Locks for tabs that are no tabs: of a unit test, or of the simulator. */
export function createTabHub(): TabHub {
  const channels = new Map<string, Set<Channel>>();
  const locks = new Map<string, Wish[]>();

  const tab = (deliver: (run: () => void) => void = queueMicrotask): HubTab => {
    const self = {};
    const ends = new Set<() => void>();
    const ending = (end: () => void) => {
      ends.add(end);
      return () => {
        if (ends.delete(end)) end();
      };
    };
    return {
      channel: (name, receive) => {
        const all = channels.get(name) ?? new Set();
        channels.set(name, all);
        const own: Channel = { tab: self, receive, deliver };
        all.add(own);
        const close = ending(() => void all.delete(own));
        const post = (data: Uint8Array<ArrayBuffer>) => {
          if (!all.has(own)) return;
          for (const other of all) {
            if (other.tab === self) continue;
            const copy = data.slice();
            other.deliver(() => {
              if (all.has(other)) other.receive(copy);
            });
          }
        };
        return { post, close };
      },
      lock: (name, held) => {
        const queue = locks.get(name) ?? [];
        locks.set(name, queue);
        const wish: Wish = { held, deliver };
        const grant = () => {
          const first = queue[0];
          first?.deliver(() => {
            if (queue[0] === first) first.held();
          });
        };
        queue.push(wish);
        if (queue[0] === wish) grant();
        return ending(() => {
          const at = queue.indexOf(wish);
          queue.splice(at, 1);
          if (at === 0) grant();
        });
      },
      free: (name) => (locks.get(name) ?? []).length === 0,
      kill: () => {
        for (const end of [...ends]) {
          ends.delete(end);
          end();
        }
      },
    };
  };
  return { tab };
}
