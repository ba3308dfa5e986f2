/** What the store needs of a browser: whoever tests or simulates it brings its own. */
export interface DeviceEnvironment {
  /** IndexedDB; nothing where there is none. */
  readonly factory: IDBFactory | undefined;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** Calls back after `ms`; returns the cancel. 0: in a later turn of the event loop. */
  readonly timer: (ms: number, fire: () => void) => () => void;
  /**
   * Calls back with `leaving` when the page may end at any moment without another word (it is hidden, frozen, left), and
   * with `here` when it is back; returns the unsubscribe.
   */
  readonly onPresence: (change: (presence: Presence) => void) => () => void;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Where a page can write a few bytes down within a call (`localStorage`); nothing where it cannot. */
  readonly jottings?:
    | Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>
    | undefined;
  /** Locks shared by the tabs of one origin; without them two tabs may do the same work twice. */
  readonly locks?: Pick<LockManager, 'request'> | undefined;
  /** What the browser grants to this origin. */
  readonly storage?: Pick<StorageManager, 'estimate' | 'persist' | 'persisted'> | undefined;
}

export type Presence = 'here' | 'leaving';

/** The browser's own, read at each use: a page may have been forbidden its storage meanwhile. */
export function browserEnvironment(): DeviceEnvironment {
  return {
    get factory() {
      return browserFactory();
    },
    now: () => Date.now(),
    timer: (ms, fire) => {
      const id = setTimeout(fire, ms);
      return () => clearTimeout(id);
    },
    random: () => Math.random(),
    onPresence,
    get jottings() {
      return browserJottings();
    },
    locks: typeof navigator === 'undefined' ? undefined : navigator.locks,
    storage: typeof navigator === 'undefined' ? undefined : navigator.storage,
  };
}

/** Where storage is forbidden, some browsers throw at the mere mention of it. */
function browserFactory(): IDBFactory | undefined {
  try {
    return typeof indexedDB === 'undefined' ? undefined : indexedDB;
  } catch {
    return undefined;
  }
}

function browserJottings(): Storage | undefined {
  try {
    return typeof localStorage === 'undefined' ? undefined : localStorage;
  } catch {
    return undefined;
  }
}

function onPresence(change: (presence: Presence) => void): () => void {
  // A worker lives as long as its page and is told of nothing.
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
  const leave = () => change('leaving');
  const back = () => change('here');
  const turned = () => change(document.visibilityState === 'hidden' ? 'leaving' : 'here');
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', back);
  document.addEventListener('visibilitychange', turned);
  document.addEventListener('freeze', leave);
  document.addEventListener('resume', turned);
  if (document.visibilityState === 'hidden') leave();
  return () => {
    window.removeEventListener('pagehide', leave);
    window.removeEventListener('pageshow', back);
    document.removeEventListener('visibilitychange', turned);
    document.removeEventListener('freeze', leave);
    document.removeEventListener('resume', turned);
  };
}
