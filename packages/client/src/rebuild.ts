import {
  type DocumentFrame,
  type ErrorCode,
  MessageType,
  type Refused as RefusedMessage,
  SyncType,
  WeftError,
  backoffDelay,
  encodeAuth,
  encodeBare,
  encodeSyncStep1,
  encodeWrite,
  errorDefinition,
  isErrorCode,
} from '@weft/protocol';
import type { DeviceStore, Rebuilt } from '@weft/storage';
import * as Y from 'yjs';
import type { DocumentAccess, Environment } from './api.ts';
import { type Refused, type Sorted, type Verdict, sortOut } from './sort-out.ts';
import type { SyncedDocument } from './synced-document.ts';
import type { Piece } from './unsent.ts';
import type { Link } from './uplink.ts';

/** What a document begins with that takes another one's place. */
export interface Successor {
  readonly doc: Y.Doc;
  /** `doc` as an update: what the device is to hold of it. */
  readonly state: Uint8Array;
  /** Local work made again for it. */
  readonly local: Sorted['remade'];
  readonly access: DocumentAccess;
  /** The socket on which `doc` is kept up to date, if there is one now. */
  readonly link: { readonly link: Link; readonly writer: boolean } | undefined;
}

export interface RebuildOptions {
  /** The one that is to be replaced. It takes edits until then. */
  readonly document: SyncedDocument;
  readonly env: Environment;
  readonly store: DeviceStore;
  /** Whether ids that are somebody else's are a reason to make work again, or to give it up. */
  readonly remakes: boolean;
  readonly handlers: {
    /** Makes the document that takes its place, and puts it there. Called at most once. */
    readonly replace: (successor: Successor, refused: readonly Refused[]) => Replaced;
    /**
     * The new copy is in place, and the device knows.
     * @param shared whether something is not in it as it was that other tabs may have found on the device
     */
    readonly done: (shared: boolean) => void;
    /** The server answered whether the document may be opened. */
    readonly answered: () => void;
    /** The server will not let this person have the document: it stays as it is. */
    readonly denied: (code: ErrorCode) => void;
  };
}

/** The successor, and what is to be kept of what was refused. */
export interface Replaced {
  readonly document: SyncedDocument;
  readonly quarantine: Rebuilt['quarantine'];
}

/**
 * Milliseconds for which nothing goes to the device while the server is asked. It answers pings and not this: then what
 * is typed must become safe, and all is asked anew.
 */
const HOLD_MAX = 5_000;

/** A piece that was sent alone, under a number. */
interface Try {
  readonly n: number;
  readonly piece: Piece;
  verdict: Verdict;
}

interface Fetched {
  readonly writer: boolean;
  readonly doc: Y.Doc;
}

type State =
  | { readonly state: 'detached' }
  | { readonly state: 'waiting' }
  | { readonly state: 'opening'; readonly link: Link }
  /** The server is asked for all that it has. */
  | ({ readonly state: 'fetching'; readonly link: Link } & Fetched)
  /** Each piece of unsent work is sent alone, as it was made. */
  | ({ readonly state: 'trying'; readonly link: Link; readonly tries: readonly Try[] } & Fetched)
  /** Nothing more goes to the device: what it writes just now comes to its end. */
  | ({ readonly state: 'holding'; readonly link: Link; readonly tries: readonly Try[] } & Fetched)
  /** What went there meanwhile, where other tabs may have found it, is sent too. */
  | ({
      readonly state: 'trying-rest';
      readonly link: Link;
      readonly tries: readonly Try[];
    } & Fetched)
  /** All is known; what the device holds is being replaced. */
  | ({
      readonly state: 'finishing';
      readonly link: Link | undefined;
      readonly tries: readonly Try[];
    } & Fetched)
  | { readonly state: 'over' };

/**
 * Rebuilds one document from the server without losing what it has not sent: a second copy is filled by the server
 * alone, each piece of unsent work is sent once more, alone, and the server's answers tell which of them can be kept.
 * Then the copy takes the document's place, on the device in one transaction. Until then nothing has changed: a lost
 * socket starts it anew, a killed tab finds everything as it was.
 */
export class Rebuild {
  readonly #options: RebuildOptions;
  readonly #origin = { from: 'weft-server' };
  #state: State = { state: 'detached' };
  #retries = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(options: RebuildOptions) {
    this.#options = options;
  }

  /** Asks for the document on a socket. */
  open(link: Link): void {
    if (this.#state.state === 'finishing' || this.#state.state === 'over') return;
    this.#stopRetry();
    this.#state = { state: 'opening', link };
    link.send(encodeAuth(this.#options.document.address, ''));
  }

  /** The socket is gone: it begins again on the next one, unless all is known already. */
  detach(): void {
    const state = this.#state;
    this.#stopRetry();
    if (state.state === 'finishing') this.#state = { ...state, link: undefined };
    else if (state.state !== 'over') this.#leaveFor({ state: 'detached' });
  }

  /** The document is closed, and stays as it is. @returns whether the server was asked to close it, and will say so */
  abandon(): boolean {
    const state = this.#state;
    this.#stopRetry();
    this.#leaveFor({ state: 'over' });
    if (!('link' in state) || state.link === undefined) return false;
    state.link.send(encodeBare(this.#options.document.address, MessageType.Close));
    return true;
  }

  /** Takes what the server said. @throws WeftError `frame-invalid` */
  receive(frame: DocumentFrame): void {
    const state = this.#state;
    if (!('link' in state) || state.link === undefined) return;
    switch (frame.type) {
      case 'denied':
        this.#denied(state.link, frame.code);
        break;
      case 'authenticated':
        if (state.state === 'opening') this.#authenticated(state.link, frame.writer);
        break;
      case 'step2':
        if (state.state === 'opening') break;
        this.#apply(state.doc, frame.update);
        if (state.state === 'fetching') this.#try(state);
        break;
      case 'update':
        if (state.state !== 'opening') this.#apply(state.doc, frame.update);
        break;
      case 'close':
        if (state.state === 'finishing') this.#state = { ...state, link: undefined };
        else this.#openLater(state.link);
        break;
      case 'step1':
      case 'awareness':
      case 'query-awareness':
      case 'other':
        break;
      default: {
        const unreachable: never = frame;
        return unreachable;
      }
    }
  }

  /** The server committed all writes of this socket up to `n`. */
  stored(n: number): void {
    const state = this.#state;
    if (state.state !== 'trying' && state.state !== 'trying-rest') return;
    for (const one of state.tries) {
      if (one.n > n || one.verdict.verdict !== 'untried') continue;
      one.verdict = { verdict: 'stored' };
      this.#apply(state.doc, one.piece.bytes);
    }
    this.#evaluate(state);
  }

  /** The server refused one write. */
  refused(message: RefusedMessage): void {
    const state = this.#state;
    if (state.state !== 'trying' && state.state !== 'trying-rest') return;
    const one = state.tries.find(({ n }) => n === message.n);
    if (one?.verdict.verdict !== 'untried') return;
    const code = isErrorCode(message.code) ? message.code : 'internal';
    one.verdict = { verdict: 'refused', code, message: message.message };
    this.#evaluate(state);
  }

  #denied(link: Link, code: ErrorCode): void {
    const { handlers } = this.#options;
    handlers.answered();
    const state = this.#state;
    if (state.state === 'finishing') this.#state = { ...state, link: undefined };
    else if (errorDefinition(code).retry === 'later') this.#openLater(link);
    else {
      this.#leaveFor({ state: 'over' });
      handlers.denied(code);
    }
  }

  #authenticated(link: Link, writer: boolean): void {
    this.#options.handlers.answered();
    this.#fetch(link, writer);
  }

  #fetch(link: Link, writer: boolean): void {
    const { document, env } = this.#options;
    const doc = new Y.Doc();
    doc.clientID = drawClientId(env);
    this.#state = { state: 'fetching', link, writer, doc };
    link.send(encodeSyncStep1(document.address, Y.encodeStateVector(doc)));
  }

  /** Sends what is not known to be stored, each piece as it was made: of each, the answer tells for good. */
  #try({ link, writer, doc }: Extract<State, { state: 'fetching' }>): void {
    const tries = this.#send(link, this.#options.document.takeUnsent());
    const state = { state: 'trying', link, writer, doc, tries } as const;
    this.#state = state;
    this.#evaluate(state);
  }

  /**
   * Sends what went to the device since. Another tab may have found it there, and send it as it was made: it must not
   * be made again before the server has refused it so. What is held back here nobody else has.
   */
  #tryRest(holding: Extract<State, { state: 'holding' }>): void {
    const { document } = this.#options;
    const tried = new Set(holding.tries.map(({ piece }) => piece));
    const rest = document
      .takeUnsent()
      .filter((piece) => !tried.has(piece) && document.recordOf(piece) !== undefined);
    const tries = [...holding.tries, ...this.#send(holding.link, rest)];
    const state = { ...holding, state: 'trying-rest', tries } as const;
    this.#state = state;
    this.#cancelRetry = this.#options.env.timer(HOLD_MAX, () => {
      this.#leaveFor({ state: 'waiting' });
      this.#later(() => this.#fetch(holding.link, holding.writer));
    });
    this.#evaluate(state);
  }

  #send(link: Link, pieces: readonly Piece[]): readonly Try[] {
    const { address } = this.#options.document;
    return pieces.map((piece) => {
      const n = link.nextWrite(address);
      link.send(encodeWrite(address, SyncType.Update, piece.bytes, n));
      link.wrote(address);
      return { n, piece, verdict: { verdict: 'untried' } };
    });
  }

  #evaluate(state: Extract<State, { state: 'trying' | 'trying-rest' }>): void {
    if (state.tries.some(({ verdict }) => verdict.verdict === 'untried')) return;
    if (state.doc.store.pendingStructs !== null || state.doc.store.pendingDs !== null) {
      // Something that it builds on has not come: what would be put in place is not what the server has.
      const { link, writer } = state;
      this.#leaveFor({ state: 'waiting' });
      this.#later(() => this.#fetch(link, writer));
      return;
    }
    if (state.state === 'trying') {
      void this.#hold({ ...state, state: 'holding' });
    } else {
      this.#stopRetry();
      this.#state = { ...state, state: 'finishing' };
      void this.#finish();
    }
  }

  async #hold(holding: Extract<State, { state: 'holding' }>): Promise<void> {
    this.#state = holding;
    // Records must not come and go while it is decided which of them are replaced.
    await this.#options.document.hold();
    if (this.#state === holding) this.#tryRest(holding);
  }

  /** Goes to a state in which nothing is held back. */
  #leaveFor(next: Extract<State, { state: 'detached' | 'waiting' | 'over' }>): void {
    this.#state = next;
    this.#options.document.resume();
  }

  async #finish(): Promise<void> {
    const { document, store } = this.#options;
    let replaced: Replaced | undefined;
    let shared = false;
    const make = (present: ReadonlySet<number> | undefined): Rebuilt | undefined => {
      const state = this.#state;
      if (state.state !== 'finishing') return undefined;
      const known = document.records;
      const { successor, refused, left } = this.#sortOut(state, present);
      shared = left;
      this.#state = { state: 'over' };
      replaced = this.#options.handlers.replace(successor, refused);
      return {
        state: successor.state,
        remove: known,
        local: successor.local.map(({ bytes, count }) => ({ bytes, changes: count })),
        quarantine: replaced.quarantine,
      };
    };
    try {
      const records = await store.rebuild(document.address, make);
      replaced?.document.begin(records);
    } catch {
      // A device that keeps nothing, or nothing more: the document is replaced all the same, and says *unsaved*.
      if (replaced === undefined) make(undefined);
      replaced?.document.begin(undefined);
    }
    if (replaced !== undefined) this.#options.handlers.done(shared);
  }

  /** @param present the device's records that nobody else has dealt with; nothing when the device cannot tell */
  #sortOut(
    { doc, tries, writer, link }: Extract<State, { state: 'finishing' }>,
    present: ReadonlySet<number> | undefined,
  ): {
    readonly successor: Successor;
    readonly refused: readonly Refused[];
    /** Whether other tabs may show something that is not in it as it was. */
    readonly left: boolean;
  } {
    const { document, env, remakes } = this.#options;
    const verdicts = new Map(tries.map(({ piece, verdict }) => [piece, verdict]));
    const ours = document.takeUnsent().filter((piece) => {
      const record = document.recordOf(piece);
      return record === undefined || present === undefined || present.has(record);
    });
    // Whole and at once, as any newcomer would get it: updates with forged neighbours read differently in each order.
    const state = Y.encodeStateAsUpdate(doc);
    const whole = new Y.Doc();
    whole.clientID = doc.clientID;
    this.#apply(whole, state);
    const { remade, refused } = sortOut({
      base: whole,
      // Not the id of what is typed from now on: Yjs takes work that arrives under that for somebody else's.
      client: drawClientId(env),
      candidates: ours.map((piece) => ({
        bytes: piece.bytes,
        count: piece.count,
        verdict: verdicts.get(piece) ?? { verdict: 'untried' },
      })),
      writer,
      remakes,
    });
    const access: DocumentAccess = { state: writer ? 'editor' : 'reader' };
    const open = link === undefined ? undefined : { link, writer };
    const left = ours.some(
      (piece) =>
        document.recordOf(piece) !== undefined && verdicts.get(piece)?.verdict !== 'stored',
    );
    return { successor: { doc: whole, state, local: remade, access, link: open }, refused, left };
  }

  #apply(doc: Y.Doc, update: Uint8Array): void {
    try {
      Y.applyUpdate(doc, update, this.#origin);
    } catch (cause) {
      throw new WeftError('frame-invalid', 'An update.', { cause });
    }
  }

  #openLater(link: Link): void {
    this.#leaveFor({ state: 'waiting' });
    this.#later(() => this.open(link));
  }

  #later(act: () => void): void {
    const { env } = this.#options;
    this.#stopRetry();
    this.#cancelRetry = env.timer(backoffDelay(this.#retries, env.random()), act);
    this.#retries += 1;
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}

function drawClientId(env: Environment): number {
  return Math.floor(env.random() * 2 ** 32);
}
