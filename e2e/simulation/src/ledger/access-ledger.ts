import {
  AuthType,
  FrameReader,
  MessageType,
  SyncType,
  WEFT_ADDRESS,
  decodeDown,
} from '@weft/protocol';
import { SIM_EPOCH } from '@weft/testkit/sim';
import { type People, resourceAt } from '../people.ts';
import type { Violations } from './violations.ts';
import type { Line } from './wire.ts';

/** Milliseconds within which a server acts on what it was told (law R3). */
const WITHIN = 1_000;

/** Until what came in that time is committed, by the slowest disk that works. */
const COMMITTED = 1_000;

/** A server's clock counts whole milliseconds. */
const ROUNDING = 5;

interface OnLine {
  readonly line: Line;
  /** Resources whose documents the server has open on it. */
  readonly open: Set<string>;
  /** Until when the newest token is good that the server took on it, virtual milliseconds. */
  expires: number | undefined;
  welcomed: boolean;
  parked: boolean;
}

/**
 * What people may see, held against what they are sent: nothing of what they lost a second ago, nothing on a token that
 * has expired; and nobody is sent away who lost nothing.
 */
export class AccessLedger {
  readonly #violations: Violations;
  readonly #people: People;
  readonly #now: () => number;
  readonly #subAt: (site: string) => string | undefined;
  readonly #lines = new Map<number, OnLine>();
  #renewed = 0;
  #expired = 0;
  #denied = 0;

  /** @param subAt whose a site is, where it is an honest person's */
  constructor(options: {
    readonly violations: Violations;
    readonly people: People;
    readonly now: () => number;
    readonly subAt: (site: string) => string | undefined;
  }) {
    this.#violations = options.violations;
    this.#people = options.people;
    this.#now = options.now;
    this.#subAt = options.subAt;
  }

  /** Tokens that were taken in place of older ones; sockets that ended with theirs; documents that were denied. */
  get counts(): { readonly renewed: number; readonly expired: number; readonly denied: number } {
    return { renewed: this.#renewed, expired: this.#expired, denied: this.#denied };
  }

  /** The server sent a message. */
  down(line: Line, frame: Uint8Array): void {
    const sub = this.#subAt(line.site);
    if (sub === undefined) return;
    const on = this.#on(line);
    const reader = new FrameReader(frame);
    // A sign of life is one byte, without an address.
    if (frame.length === 1) return;
    const address = reader.string();
    if (address === WEFT_ADDRESS) {
      this.#own(on, sub, reader);
      return;
    }
    this.#expectToken(on);
    const resource = resourceAt(address);
    switch (reader.uint()) {
      case MessageType.Auth:
        if (reader.uint() === AuthType.PermissionDenied) {
          on.open.delete(resource);
          if (reader.string() === 'forbidden') this.#wasDenied(line, sub, resource);
        } else {
          on.open.add(resource);
          this.#expectRight(line, sub, resource, 'was let into');
        }
        break;
      case MessageType.Sync:
      case MessageType.SyncReply:
        // A state vector tells who wrote how much.
        if (reader.uint() === SyncType.Step1)
          this.#expectRight(line, sub, resource, 'was asked of');
        else this.#expectRight(line, sub, resource, 'was sent of');
        break;
      case MessageType.Awareness:
        this.#expectRight(line, sub, resource, 'was shown who is in');
        break;
      case MessageType.Close:
        on.open.delete(resource);
        break;
      default:
        break;
    }
  }

  /** A second after somebody lost a resource: no line of theirs has it. */
  expectGone(sub: string, resource: string): void {
    const lost = this.#people.lostFor(sub, resource);
    if (lost === undefined || lost < WITHIN) return;
    for (const { line, open, parked } of this.#lines.values()) {
      if (parked || !open.has(resource) || this.#subAt(line.site) !== sub) continue;
      this.#violations.add('R3', `${line.site} was not told that it lost ${resource}`);
    }
  }

  /** A record has become durable: whoever lost its resource long enough ago writes nothing there. */
  recorded(stream: string, principal: string): void {
    const resource = resourceAt(stream.split('/').slice(1).join('/'));
    const lost = this.#people.lostFor(principal, resource);
    if (lost === undefined || lost < WITHIN + COMMITTED) return;
    this.#violations.add(
      'R3',
      `${principal} wrote in ${resource}, ${Math.round(lost)} ms after losing it`,
    );
  }

  /** Whether the person on a line ever lost what is at an address. */
  lost({ site }: Line, address: string): boolean {
    const sub = this.#subAt(site);
    return sub !== undefined && this.#people.everLost(sub, resourceAt(address));
  }

  parked(line: Line): void {
    this.#on(line).parked = true;
  }

  /** A session goes on, by this token. */
  live(line: Line, token: string): void {
    const on = this.#on(line);
    on.parked = false;
    on.expires = this.#people.expiryOf(token);
  }

  ended(line: Line): void {
    this.#lines.delete(line.id);
  }

  #own(on: OnLine, sub: string, reader: FrameReader): void {
    const message = decodeDown(reader.decoder);
    const { line } = on;
    switch (message.type) {
      case 'welcome': {
        const expires = message.expires === null ? undefined : message.expires - SIM_EPOCH;
        if (on.welcomed && (expires ?? 0) > (on.expires ?? 0)) this.#renewed += 1;
        on.welcomed = true;
        on.expires = expires;
        break;
      }
      case 'bye':
        on.parked = true;
        if (message.code !== 'token-expired') return;
        this.#expired += 1;
        if (on.expires === undefined || on.expires > this.#now() + ROUNDING) {
          if (on.welcomed)
            this.#violations.add('R3', `${line.site} was sent away before its token expired`);
        }
        return;
      case 'event':
      case 'receipts':
      case 'members':
        this.#expectRight(line, sub, `conversation/${message.conversation}`, 'was told of');
        break;
      case 'digest':
        this.#expectRight(line, sub, resourceAt(message.document), 'was told of');
        break;
      // Answers to what came before, and what is said of the line itself.
      default:
        break;
    }
    this.#expectToken(on);
  }

  #expectToken({ line, expires }: OnLine): void {
    if (expires === undefined || this.#now() <= expires + ROUNDING) return;
    this.#violations.add('R3', `${line.site} is spoken to, and its token has expired`);
  }

  #expectRight({ site }: Line, sub: string, resource: string, what: string): void {
    const lost = this.#people.lostFor(sub, resource);
    if (lost === undefined || lost <= WITHIN) return;
    this.#violations.add(
      'R3',
      `${site} ${what} ${resource}, ${Math.round(lost)} ms after losing it`,
    );
  }

  #wasDenied({ site }: Line, sub: string, resource: string): void {
    this.#denied += 1;
    if (this.#people.everLost(sub, resource)) return;
    this.#violations.add('R2', `${site} was denied ${resource}, and nobody took it away`);
  }

  #on(line: Line): OnLine {
    const found = this.#lines.get(line.id);
    if (found !== undefined) return found;
    const made: OnLine = {
      line,
      open: new Set(),
      expires: undefined,
      welcomed: false,
      parked: false,
    };
    this.#lines.set(line.id, made);
    return made;
  }
}
