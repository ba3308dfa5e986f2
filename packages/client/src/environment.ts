import type { Environment, SocketLike } from './api.ts';

/** The environment of browsers and of Node 24: both have `WebSocket`, `crypto` and timers. */
export const defaultEnvironment: Environment = {
  now: () => Date.now(),
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  timer: (ms, fire) => {
    const id = setTimeout(fire, ms);
    return () => clearTimeout(id);
  },
  socket: openSocket,
  onHurry,
};

/** The platform's socket, behind the few members that we use. */
function openSocket(url: string): SocketLike {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const like: SocketLike = {
    binaryType: 'arraybuffer',
    get readyState() {
      return socket.readyState;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
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
