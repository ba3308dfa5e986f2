import type { Environment, SocketLike } from './api.ts';

/** The environment of browsers and of Node 24: both have `WebSocket`, `crypto`, timers, channels and locks. */
const platform: Environment = {
  now: () => Date.now(),
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  timer: (ms, fire) => {
    const id = setTimeout(fire, ms);
    return () => clearTimeout(id);
  },
  idle: (run) => {
    // Safari has no idle callbacks; there it runs in a turn of its own.
    if (typeof requestIdleCallback === 'function') {
      const id = requestIdleCallback(run);
      return () => cancelIdleCallback(id);
    }
    const id = setTimeout(run, 0);
    return () => clearTimeout(id);
  },
  socket: openSocket,
  onHurry,
  ...(typeof BroadcastChannel === 'undefined' ? {} : { channel: openChannel }),
  // Only in secure contexts.
  ...(typeof navigator === 'undefined' || !('locks' in navigator) ? {} : { lock: requestLock }),
};

/** The platform's environment, but for what an embedder brings. Whoever owns the timers owns idle time too. */
export function environmentOf(own: Partial<Environment> = {}): Environment {
  const { idle, ...rest } = { ...platform, ...own };
  const mayIdle = own.timer === undefined || own.idle !== undefined;
  return mayIdle && idle !== undefined ? { ...rest, idle } : rest;
}

function openChannel(
  name: string,
  receive: (data: unknown) => void,
): ReturnType<NonNullable<Environment['channel']>> {
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: { readonly data: unknown }) => receive(event.data);
  return { post: (data) => channel.postMessage(data), close: () => channel.close() };
}

function requestLock(name: string, held: () => void): () => void {
  const giveUp = new AbortController();
  const until = new Promise<void>((resolve) => {
    giveUp.signal.addEventListener('abort', () => resolve());
  });
  navigator.locks
    .request(name, { signal: giveUp.signal }, () => {
      held();
      return until;
    })
    // Given up before it was granted.
    .catch(() => undefined);
  return () => giveUp.abort();
}

/** The platform's socket, behind the few members that we use. */
function openSocket(url: string, protocol: string): SocketLike {
  const socket = new WebSocket(url, protocol);
  socket.binaryType = 'arraybuffer';
  const like: SocketLike = {
    binaryType: 'arraybuffer',
    get readyState() {
      return socket.readyState;
    },
    get protocol() {
      return socket.protocol;
    },
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  };
  socket.onopen = () => like.onopen?.();
  socket.onmessage = (event: { readonly data: unknown }) => like.onmessage?.(event);
  socket.onclose = (event) => like.onclose?.({ code: event.code, reason: event.reason });
  socket.onerror = () => like.onerror?.();
  return like;
}

/** The network came back, the window got the focus, or the page is shown again. */
function onHurry(hurry: () => void): () => void {
  if (typeof window === 'undefined') return () => undefined;
  const shown = () => {
    if (document.visibilityState === 'visible') hurry();
  };
  window.addEventListener('online', hurry);
  window.addEventListener('focus', hurry);
  document.addEventListener('visibilitychange', shown);
  return () => {
    window.removeEventListener('online', hurry);
    window.removeEventListener('focus', hurry);
    document.removeEventListener('visibilitychange', shown);
  };
}
