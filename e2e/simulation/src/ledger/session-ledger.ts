import { type DataFrame, type SessionFrame, decodeSessionFrame } from '@weft/protocol';
import type { Link } from '@weft/testkit/sim';
import type { Violations } from './violations.ts';
import type { Line, WireLedger } from './wire.ts';

type Direction = 'up' | 'down';

/** What is known of one direction of a session, over all of its links. */
interface Way {
  /** The last sequence that was said, and the last that has arrived in its order. */
  sent: number;
  arrived: number;
  /** By sequence: what it stood for when it was said first. */
  readonly sums: Map<number, number>;
  /** By channel: the parts of messages that are not complete. */
  readonly parts: Map<number, Uint8Array[]>;
}

interface Session {
  readonly line: Line;
  readonly up: Way;
  readonly down: Way;
  /** The secret that resumes it. */
  secret: string;
  /** The link that the server has it on. */
  link: number | undefined;
}

interface OnLink {
  session: Session | undefined;
  /** The resumption that was asked for on it. */
  asked:
    | {
        readonly session: Session | undefined;
        readonly received: number;
        readonly token: string;
        readonly spent: boolean;
      }
    | undefined;
  /** The sequences that have to follow. */
  readonly next: Record<Direction, number>;
}

/**
 * Watches the frames of sessions, by what was put on the wire and what arrived, and hands the messages in them to the
 * ledger of the wire. A session that goes on must bring what was missed, once and in order, and no other (law S3).
 */
export class SessionLedger {
  readonly #violations: Violations;
  readonly #wire: WireLedger;
  readonly #links = new Map<number, OnLink>();
  readonly #bySecret = new Map<string, Session>();
  readonly #spent = new Set<string>();
  #count = 0;
  #resumed = 0;

  constructor(violations: Violations, wire: WireLedger) {
    this.#violations = violations;
    this.#wire = wire;
  }

  /** Sessions that went on after a cut. */
  get resumed(): number {
    return this.#resumed;
  }

  /** A frame was put on the wire. */
  sent(link: Link, way: Direction, bytes: Uint8Array): void {
    const frame = decodeSessionFrame(bytes);
    const on = this.#on(link);
    if (frame.type === 'opened') this.#opened(link, on, frame.secret);
    if (frame.type === 'resumed') this.#goesOn(link, on, frame);
    const { session } = on;
    if (session === undefined) return;
    this.#claims(link, way, session, frame);
    if (frame.type === 'data') this.#said(link, way, on, session, frame);
  }

  /** A frame has arrived. */
  arrived(link: Link, way: Direction, bytes: Uint8Array): void {
    const frame = decodeSessionFrame(bytes);
    const on = this.#on(link);
    if (frame.type === 'resume') {
      const session = this.#bySecret.get(frame.secret);
      const { received, token, secret } = frame;
      on.asked = { session, received, token, spent: this.#spent.has(secret) };
      this.#spent.add(frame.secret);
      // From now on the server hears nothing of it on an older link.
      if (session?.secret === frame.secret) this.#unlink(session);
    }
    const { session } = on;
    if (frame.type !== 'data' || session === undefined) return;
    if (way === 'up' && session.link !== link.id) return;
    const flow = session[way];
    if (frame.sequence !== flow.arrived + 1) return;
    flow.arrived = frame.sequence;
    const message = way === 'up' ? complete(flow, frame) : undefined;
    if (message !== undefined) this.#wire.up(session.line, message);
  }

  /** The session on a link. */
  lineOf(link: Link): Line | undefined {
    return this.#links.get(link.id)?.session?.line;
  }

  /** The server knows that a link is gone. */
  left(link: Link, code: number): void {
    const session = this.#links.get(link.id)?.session;
    if (session?.link === link.id) this.#wire.left(session.line, code, true);
  }

  /** A link is over. */
  ended(link: Link): void {
    const session = this.#links.get(link.id)?.session;
    this.#links.delete(link.id);
    if (session?.link === link.id) this.#unlink(session);
  }

  #opened(link: Link, on: OnLink, secret: string): void {
    this.#count += 1;
    const line = { id: -this.#count, site: link.site };
    on.session = { line, up: newWay(), down: newWay(), secret, link: link.id };
    this.#bySecret.set(secret, on.session);
  }

  #goesOn(link: Link, on: OnLink, frame: Extract<SessionFrame, { type: 'resumed' }>): void {
    const { asked } = on;
    const session = asked?.session;
    if (asked === undefined || session === undefined) {
      this.#violations.add('S3', `${link.site} goes on with a session that nobody knows`);
      return;
    }
    if (asked.spent) this.#violations.add('S3', `a secret of ${link.site} was good twice`);
    this.#resumed += 1;
    session.secret = frame.secret;
    session.link = link.id;
    this.#bySecret.set(frame.secret, session);
    this.#wire.live(session.line, asked.token);
    on.session = session;
    on.next.up = frame.received + 1;
    on.next.down = asked.received + 1;
    if (frame.received > session.up.arrived) {
      this.#violations.add(
        'S3',
        `the server resumes ${link.site} at ${frame.received}, and ${session.up.arrived} had come`,
      );
    }
  }

  /** What a side says that it has must have come to it. */
  #claims(link: Link, way: Direction, session: Session, frame: SessionFrame): void {
    if (!('received' in frame) || frame.type === 'resume' || frame.type === 'resumed') return;
    const { arrived } = way === 'up' ? session.down : session.up;
    if (frame.received > arrived) {
      const what = `acknowledged ${way} by ${link.site}: ${frame.received}, and ${arrived} had come`;
      this.#violations.add('S3', what);
    }
  }

  #said(link: Link, way: Direction, on: OnLink, session: Session, frame: DataFrame): void {
    const flow = session[way];
    const { sequence } = frame;
    if (sequence !== on.next[way]) {
      const what = `frame ${sequence} ${way} at ${link.site} stands where ${on.next[way]} should`;
      this.#violations.add('S3', what);
    }
    on.next[way] = sequence + 1;
    const sum = sumOf(frame);
    const first = flow.sums.get(sequence);
    if (first !== undefined && first !== sum) {
      this.#violations.add('S1', `frame ${sequence} ${way} at ${link.site} is another than before`);
    }
    flow.sums.set(sequence, sum);
    if (way === 'down' && sequence <= flow.sent && frame.channel === 0) {
      this.#wire.again(session.line, frame.payload);
    }
    if (sequence !== flow.sent + 1) return;
    flow.sent = sequence;
    const message = way === 'down' ? complete(flow, frame) : undefined;
    if (message !== undefined) this.#wire.down(session.line, message);
  }

  #unlink(session: Session): void {
    session.link = undefined;
    this.#wire.parked(session.line);
  }

  #on(link: Link): OnLink {
    const found = this.#links.get(link.id);
    if (found !== undefined) return found;
    const made: OnLink = { session: undefined, asked: undefined, next: { up: 1, down: 1 } };
    this.#links.set(link.id, made);
    return made;
  }
}

function newWay(): Way {
  return { sent: 0, arrived: 0, sums: new Map(), parts: new Map() };
}

/** The message that a frame completes. */
function complete(way: Way, { channel, last, payload }: DataFrame): Uint8Array | undefined {
  if (channel === 0) return payload;
  const parts = way.parts.get(channel) ?? [];
  parts.push(payload);
  way.parts.set(channel, parts);
  if (!last) return undefined;
  way.parts.delete(channel);
  return parts.length === 1 ? payload : new Uint8Array(Buffer.concat(parts));
}

/** FNV-1a (public domain). */
function sumOf({ channel, last, payload }: DataFrame): number {
  let sum = 0x811c9dc5 ^ channel ^ (last ? 1 << 20 : 0);
  for (const byte of payload) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum;
}
