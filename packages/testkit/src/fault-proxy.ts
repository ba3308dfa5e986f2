import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { FrameStream } from './frame-stream.ts';
import { type Held, type Link, linkSockets } from './link.ts';
import { FrameFaults, type SeenFrame } from './proxy-frames.ts';
import type { Slowness } from './slow-lane.ts';

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
  /** Makes the path slow, open connections too; nothing makes it quick again, and hands on what was under way. */
  slow(slowness: Slowness | undefined): void;
  /** Loses the next messages: with `up` of clients, with `down` of the server, else whichever come. */
  dropFrames(count: number, way?: Held): void;
  /** Delivers the next messages twice. */
  duplicate(count: number, way?: Held): void;
  /** Sends what comes from now on elsewhere: a server that came back on another port. */
  setTarget(target: string): void;
  /** Closes every connection and stops listening. Idempotent. */
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Origin of the server, `http://127.0.0.1:4400`. */
  readonly target: string;
  /** The WebSocket path that faults apply to, with all below it; default `/sync`. */
  readonly path?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Chooses what jitter deals. */
  readonly seed?: string | number;
  /** Told of each message on the path. */
  readonly onFrame?: (frame: SeenFrame) => void;
}

/** Starts a proxy on 127.0.0.1. Rejects when it cannot listen. */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const path = options.path ?? '/sync';
  let target = new URL(options.target);
  let wire: 'open' | 'cut' | 'held' = 'open';
  let slowness: Slowness | undefined;
  let links = 0;
  const faults = new FrameFaults(options.onFrame ?? (() => undefined));
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
    const asked = pathOf(incoming);
    const isFaulty = asked === path || asked.startsWith(`${path}/`);
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
    const isFramed = isFaulty && incoming.headers.upgrade?.toLowerCase() === 'websocket';
    onward.write(requestHead(incoming, isFramed));
    const filter = isFramed ? messages(faults) : undefined;
    for (const part of filter === undefined ? [head] : filter(head, 'up')) {
      if (part.length > 0) onward.write(part);
    }
    const set = isFaulty ? faulty : other;
    links += 1;
    const link = linkSockets(socket, onward, {
      gone: () => set.delete(link),
      ...(isFaulty ? { slowness: () => slowness } : {}),
      ...(filter === undefined ? {} : { filter }),
      seed: `${options.seed ?? 1}/${links}`,
    });
    set.add(link);
  };

  const server = createServer(pass);
  server.on('upgrade', upgrade);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => reject(notListening(error, options.port ?? 0)));
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the proxy has no address'));
    });
  });

  const open = () => {
    wire = 'open';
    faults.clear();
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
    slow: (next) => {
      slowness = next;
      if (next === undefined) for (const link of faulty) link.hurry();
    },
    dropFrames: (count, way = 'both') => faults.drop(count, way),
    duplicate: (count, way = 'both') => faults.twice(count, way),
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

/** The messages of both directions, after the head of the server's answer. */
function messages(faults: FrameFaults): (bytes: Buffer, way: 'up' | 'down') => readonly Buffer[] {
  const streams: Readonly<Record<'up' | 'down', FrameStream>> = {
    up: faults.stream('up'),
    down: faults.stream('down'),
  };
  let answer = Buffer.alloc(0);
  let after: 'head' | 'frames' | 'plain' = 'head';
  return (bytes, way) => {
    if (way === 'up' || after === 'frames') return streams[way].push(bytes);
    if (after === 'plain') return [bytes];
    answer = Buffer.concat([answer, bytes]);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) return [];
    const [head, rest] = [answer.subarray(0, end + 4), answer.subarray(end + 4)];
    // A refusal has a body and no messages.
    after = head.toString('latin1').startsWith('HTTP/1.1 101') ? 'frames' : 'plain';
    return after === 'plain' ? [answer] : [head, ...streams.down.push(rest)];
  };
}

function notListening(error: Error, port: number): Error {
  return 'code' in error && error.code === 'EADDRINUSE'
    ? new Error(
        `Port ${port} of 127.0.0.1 is in use: end what listens there, or leave \`port\` out to take a free one.`,
        { cause: error },
      )
    : error;
}

/**
 * The request as it came, byte for byte in its headers: origin and host checks see what the browser sent.
 * @param isFramed without the offer to compress: a message that is lost would break all that are compressed after it
 */
function requestHead(incoming: IncomingMessage, isFramed: boolean): string {
  const lines = [`${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}`];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    if (isFramed && incoming.rawHeaders[i]?.toLowerCase() === 'sec-websocket-extensions') continue;
    lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
