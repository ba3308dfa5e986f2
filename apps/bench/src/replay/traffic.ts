import type { SocketLike } from '@weft/client';
import { WebSocket } from 'ws';

/** Bytes of frames, both ways, over all sockets opened through it. */
export interface Traffic {
  readonly sent: number;
  readonly received: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  /** Opens a socket whose frames are counted. */
  readonly socket: (url: string) => SocketLike;
}

export function countTraffic(): Traffic {
  let sent = 0;
  let received = 0;
  let framesSent = 0;
  let framesReceived = 0;
  return {
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    get framesSent() {
      return framesSent;
    },
    get framesReceived() {
      return framesReceived;
    },
    socket: (url) => {
      const ws = new WebSocket(url);
      ws.binaryType = 'arraybuffer';
      const socket: SocketLike = {
        binaryType: 'arraybuffer',
        get readyState() {
          return ws.readyState;
        },
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (data) => {
          sent += data.length;
          framesSent += 1;
          ws.send(data);
        },
        close: (code, reason) => ws.close(code, reason),
      };
      ws.on('open', () => socket.onopen?.());
      ws.on('message', (data) => {
        if (data instanceof ArrayBuffer) received += data.byteLength;
        framesReceived += 1;
        socket.onmessage?.({ data });
      });
      ws.on('close', (code, reason) => socket.onclose?.({ code, reason: reason.toString() }));
      ws.on('error', () => socket.onerror?.());
      return socket;
    },
  };
}
