import { isDeepStrictEqual } from 'node:util';
import { type Down, MessageType, UNSIGNED_MAX_BYTES, WeftError } from '@weft/protocol';
import type { Guest, Place } from '../admission/admission.ts';
import type { Principal } from '../auth/principal.ts';
import type { Engine, EngineSocket } from '../engine/engine.ts';
import type { Line } from './line.ts';
import type { OpenDocuments } from './open-documents.ts';
import type { Transport } from './transport.ts';
import type { Present } from './people.ts';

/**
 * The engine asks a request for parameters only; headers and address stay with the gateway. It would parse an address, and
 * keep what it found, for each document of each socket.
 */
class NoRequest extends Request {
  override readonly url = '';
}
const NO_REQUEST = new NoRequest('http://localhost/');

/** Whose a socket is, and their side of the engine. */
export interface Known {
  readonly principal: Principal;
  readonly engine: Engine;
  readonly client: ReturnType<Engine['handleConnection']>;
}

type Person =
  | { readonly state: 'unknown' }
  /** A token is being verified: frames wait, so that none passes it. */
  | {
      readonly state: 'verifying';
      readonly frames: Uint8Array[];
      readonly before: Known | undefined;
    }
  /** A token was accepted, and all seats are taken: frames wait for one. */
  | { readonly state: 'waiting'; readonly frames: Uint8Array[] }
  | { readonly state: 'known'; readonly known: Known }
  | { readonly state: 'closed' };

/** A token that is being verified. */
interface Attempt {
  readonly token: string;
  readonly done: (known: Known) => void;
  /** What came meanwhile. */
  readonly frames: Uint8Array[];
  readonly before: Known | undefined;
}

const SIGN_OF_LIFE = Uint8Array.of(MessageType.Ping);

/** Who speaks on a socket: one person, from the first token that is accepted until it ends or expires. */
export class SignIn implements Present, Guest {
  readonly #line: Line;
  readonly #socket: EngineSocket;
  readonly #outflow: Transport;
  readonly #receive: (frame: Uint8Array) => void;
  readonly #documents: Pick<OpenDocuments, 'recheck'>;
  #person: Person = { state: 'unknown' };
  /** Bytes that came before a first token was accepted. */
  #unsigned = 0;
  #expiry: NodeJS.Timeout | undefined;
  /** A seat, or a place in the line. */
  #place: Place | undefined;
  /** Who it is among those whose sockets are open, since the first token. */
  #joined: Principal | undefined;
  /** The token for which a seat is waited for. */
  #attempt: Attempt | undefined;

  /**
   * @param receive takes the frames that waited for a token
   * @param documents what is open, whose rights are asked anew
   */
  constructor(
    line: Line,
    socket: EngineSocket,
    outflow: Transport,
    receive: (frame: Uint8Array) => void,
    documents: Pick<OpenDocuments, 'recheck'>,
  ) {
    this.#line = line;
    this.#socket = socket;
    this.#outflow = outflow;
    this.#receive = receive;
    this.#documents = documents;
  }

  /** Whose token was accepted last, also while a newer one is verified; `undefined` before, and after the end. */
  get known(): Known | undefined {
    const person = this.#person;
    if (person.state === 'known') return person.known;
    return person.state === 'verifying' ? person.before : undefined;
  }

  /** Whether there is no seat yet for who signed in. */
  get waiting(): boolean {
    return this.#person.state === 'waiting';
  }

  get closed(): boolean {
    return this.#person.state === 'closed';
  }

  /** @throws WeftError `token-required` when no token was accepted yet */
  get required(): Known {
    const { known } = this;
    if (known === undefined) throw new WeftError('token-required');
    return known;
  }

  /**
   * Whether a frame has to wait for the token before it; it is received again then.
   * @throws WeftError `frame-too-large` when too much comes before a first token is accepted
   */
  holds(frame: Uint8Array): boolean {
    const person = this.#person;
    if (this.known === undefined) {
      this.#unsigned += frame.length;
      if (this.#unsigned > UNSIGNED_MAX_BYTES) {
        throw new WeftError('frame-too-large', 'Too much before the sign-in.');
      }
    }
    if (person.state !== 'verifying' && person.state !== 'waiting') return false;
    person.frames.push(frame);
    return true;
  }

  /**
   * Verifies a token, and waits for a seat where there is none yet; frames that come meanwhile wait, then go on as if it
   * had been instant.
   */
  verify(token: string, done: (known: Known) => void): void {
    this.#verify({ token, done, frames: [], before: this.known });
  }

  #verify(attempt: Attempt): void {
    const { token, frames, before } = attempt;
    this.#person = { state: 'verifying', frames, before };
    const { host } = this.#line;
    const { revocations } = host;
    host.verify(token).then(
      (principal) => {
        if (this.#person.state !== 'verifying') return;
        try {
          if (before === undefined && !this.#seated(principal, attempt)) return;
          attempt.done(this.#become(principal, before));
          // It may have been taken back between its being looked at and this.
          if (host.revocations !== revocations) this.reverify();
        } catch (error) {
          this.#line.fail(error);
          return;
        }
        for (const frame of frames) this.#receive(frame);
      },
      (error: unknown) => this.#line.fail(error),
    );
  }

  /**
   * Whether a person has a seat. Who has to wait for one is told so, and their token is looked at again when it comes.
   * @throws WeftError `server-full`, `too-many-connections`
   */
  #seated({ tenant, sub }: Principal, attempt: Attempt): boolean {
    this.#attempt = attempt;
    this.#place ??= this.#line.host.admission.enter(`${tenant}/${sub}`, this);
    if (this.#place.entry === 'seated') {
      this.#attempt = undefined;
      return true;
    }
    this.#person = { state: 'waiting', frames: attempt.frames };
    return false;
  }

  /** There is a seat. */
  admitted(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    if (attempt !== undefined && !this.closed) this.#verify(attempt);
  }

  /** There is none yet. */
  told(position: number, wait: number | undefined): void {
    if (this.#line.speaksWeft) {
      this.#line.send({ type: 'queue', position, wait: wait ?? null });
      return;
    }
    try {
      // A stock provider takes a silent socket for a dead one.
      this.#line.wire.send(SIGN_OF_LIFE);
    } catch (error) {
      // The others in the line are told in the same turn.
      this.#line.fail(error);
    }
  }

  /**
   * The same person comes back with a newer token, after a cut.
   * @throws WeftError `other-person`
   */
  renew(principal: Principal): void {
    this.#become(principal, this.required);
  }

  /** Nobody speaks here any more. Returns who did. @param how whether they are expected back */
  close(how: 'left' | 'cut'): Known | undefined {
    const { known } = this;
    this.#person = { state: 'closed' };
    this.#place?.leave(how);
    if (this.#joined !== undefined) this.#line.host.left(this);
    this.#joined = undefined;
    clearTimeout(this.#expiry);
    return known;
  }

  #become(principal: Principal, before: Known | undefined): Known {
    if (before !== undefined) {
      const same =
        before.principal.sub === principal.sub && before.principal.tenant === principal.tenant;
      if (!same) throw new WeftError('other-person');
    }
    const engine = before?.engine ?? this.#line.host.engine(principal.tenant);
    const client =
      before?.client ??
      engine.handleConnection(this.#outflow, NO_REQUEST, { socket: this.#socket });
    const known: Known = { principal, engine, client };
    this.#person = { state: 'known', known };
    this.#expireAt(principal.expires);
    if (before === undefined) this.#join(principal);
    // A newer token may grant other things than the last.
    else if (!isDeepStrictEqual(before.principal.grants, principal.grants))
      this.#documents.recheck(known);
    return known;
  }

  #join(principal: Principal): void {
    this.#joined = principal;
    this.#line.host.joined(this);
  }

  get tenant(): string {
    return this.#joined?.tenant ?? '';
  }

  get sub(): string {
    return this.#joined?.sub ?? '';
  }

  recheck(): void {
    const { known } = this;
    try {
      if (known !== undefined) this.#documents.recheck(known);
    } catch (error) {
      // Whoever else lost rights must be asked too.
      this.#line.fail(error);
    }
  }

  tell(message: Down): void {
    if (this.#line.speaksWeft) this.#line.send(message);
  }

  /** The token that is counted on may have been taken back. */
  reverify(): void {
    const { known } = this;
    if (known === undefined) return;
    this.#line.host
      .stands(known.principal)
      .then((stands) => {
        if (!stands && !this.closed) this.#line.bye('revoked');
      })
      .catch((error: unknown) => this.#line.fail(error));
  }

  /** An expired token ends the socket: rights are not kept alive by an open connection. */
  #expireAt(expires: number | undefined): void {
    clearTimeout(this.#expiry);
    if (expires === undefined) return;
    const { host } = this.#line;
    const ms = Math.min(Math.max(0, expires - host.now()), 2 ** 31 - 1);
    this.#expiry = setTimeout(() => {
      if (expires <= host.now()) this.#line.bye('token-expired');
      else this.#expireAt(expires);
    }, ms);
    this.#expiry.unref();
  }
}
