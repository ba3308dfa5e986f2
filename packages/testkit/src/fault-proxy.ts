import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { type Held, type Link, linkSockets } from './link.ts';

/**
 * A proxy between browsers and a server that can cut one WebSocket path and leave the rest of the origin alone:
 * Playwright's `setOffline` leaves open sockets open, and cutting a whole port would cut the page itself.
 */
export interface FaultProxy {
  /** `http://127.0.0.1:<port>`, where browsers go. */
  readonly url: string;
  /** How many connections to the faulty path are open now. */
  readonly links: number;
  /** Destroys the open connections to the path and refuses new ones. Everything else passes. */
  cut(): void;
  /** Lets new connections through again, ends a pause. */
  restore(): void;
  /**
   * Half-open: connections stay and nothing gets through, new ones are taken and hear nothing. With `down` the
   * server still hears its clients, and they do not hear it: acks are lost. With `up` it is the other way round.
   */
  pause(held?: Held): void;
  /** Forwards what a pause held back, and the new connections it kept waiting. */
  resume(): void;
  /** Sends what comes from now on elsewhere: a server that came back on another port. */
  setTarget(target: string): void;
  /** Closes every connection and stops listening. Idempotent. */
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Origin of the server, `http://127.0.0.1:4400`. */
  readonly target: string;
  /** The WebSocket path that faults apply to; default `/sync`. */
  readonly path?: string;
}

/** Starts a proxy on a free port of 127.0.0.1. Rejects when it cannot listen. */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const path = options.path ?? '/sync';
  let target = new URL(options.target);
  let wire: 'open' | 'cut' | 'held' = 'open';
  const faulty = new Set<Link>();
  const other = new Set<Link>();
  let waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  // No reuse: a pooled connection to a server that was killed would fail the first request after its return.
  const agent = new Agent({ keepAlive: false });

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const onward = request({
      agent,
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      // The server died in the middle of an answer: the browser must see a broken one, not a short one.
      answer.on('error', () => outgoing.destroy());
    });
    // No server: to the browser it looks as without the proxy, a connection that fails.
    onward.on('error', () => outgoing.destroy());
    incoming.on('error', () => onward.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  };

  const upgrade = (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    const isFaulty = pathOf(incoming) === path;
    if (isFaulty && wire === 'cut') {
      socket.resetAndDestroy();
      return;
    }
    if (isFaulty && wire === 'held') {
      waiting.push(() => upgrade(incoming, socket, head));
      return;
    }
    const onward = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    socket.setNoDelay(true);
    onward.write(requestHead(incoming));
    if (head.length > 0) onward.write(head);
    const set = isFaulty ? faulty : other;
    const link = linkSockets(socket, onward, () => set.delete(link));
    set.add(link);
  };

  const server = createServer(pass);
  server.on('upgrade', upgrade);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the proxy has no address'));
    });
  });

  const open = () => {
    wire = 'open';
    for (const link of faulty) link.resume();
    const late = waiting;
    waiting = [];
    for (const go of late) go();
  };
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    get links() {
      return faulty.size;
    },
    cut: () => {
      wire = 'cut';
      for (const link of faulty) link.destroy();
      const late = waiting;
      waiting = [];
      for (const go of late) go();
    },
    restore: open,
    pause: (held = 'both') => {
      if (wire === 'cut') return;
      wire = 'held';
      for (const link of faulty) link.pause(held);
    },
    resume: () => {
      if (wire === 'held') open();
    },
    setTarget: (next) => {
      target = new URL(next);
    },
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const link of [...faulty, ...other]) link.destroy();
        for (const socket of sockets) socket.destroy();
        agent.destroy();
      });
      return closing;
    },
  };
}

function pathOf(incoming: IncomingMessage): string {
  return (incoming.url ?? '/').split('?', 1)[0] ?? '/';
}

/** The request as it came, byte for byte in its headers: origin and host checks see what the browser sent. */
function requestHead(incoming: IncomingMessage): string {
  const lines = [`${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}`];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
