import { FrameReader, WeftError } from '@weft/protocol';
import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import type { Environment } from './api.ts';
import { report } from './observable.ts';

/** Milliseconds between two sends of the own state: a moving caret needs no more, and every reader pays for each. */
const INTERVAL = 50;

/** Origin of states that came from the server. */
const REMOTE = { from: 'weft-server' };

/** What is asked of `Awareness.on('update')`. */
interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/**
 * Sends the own awareness state, the latest at most every 50 ms, and takes in those of others: the server's, and while
 * there is no socket those of this person's other tabs.
 */
export class Presence {
  readonly #awareness: Awareness;
  readonly #env: Environment;
  readonly #onUpdate: (change: AwarenessChange, origin: unknown) => void;
  /** Tells the other tabs. */
  readonly #tell: (update: Uint8Array) => void;
  #send: ((update: Uint8Array) => void) | undefined;
  /** The link to the server: for some time after a cut, everybody is thought to be where they were. */
  #link: 'there' | 'cut' | 'lost' = 'there';
  /** Whether anything was ever shown of this person. */
  #shown = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(awareness: Awareness, env: Environment, tell: (update: Uint8Array) => void) {
    this.#awareness = awareness;
    this.#env = env;
    this.#tell = tell;
    this.#onUpdate = ({ added, updated, removed }, origin) => {
      const own = this.#awareness.clientID;
      const ours = added.includes(own) || updated.includes(own) || removed.includes(own);
      if (ours && origin !== REMOTE) this.#changed();
    };
    awareness.on('update', this.#onUpdate);
  }

  /** The document is open on a socket. */
  attach(send: (update: Uint8Array) => void): void {
    this.#send = send;
    this.#link = 'there';
    this.#sayAgain();
  }

  /** The link was cut: where this person is now is said when there is another, not what was in between. */
  cut(): void {
    this.#link = 'cut';
  }

  /** It has been cut for long: who the others are is not known any more. */
  absent(): void {
    this.#link = 'lost';
    this.#forgetOthers();
  }

  /** There is another link. The server has told who is where. */
  resumed(): void {
    this.#link = 'there';
    if (this.#send !== undefined) this.#sayAgain();
  }

  /** The socket is gone: who the others are is not known any more. */
  detach(): void {
    this.#send = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sentAt = Number.NEGATIVE_INFINITY;
    this.#forgetOthers();
  }

  #sayAgain(): void {
    const state = this.#awareness.getLocalState();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sentAt = Number.NEGATIVE_INFINITY;
    // The server may have removed our state, and ignores one whose clock has not risen since. The change is said at once.
    // Whoever never showed anything has nothing to say: else each conversation that is opened would tell everybody so.
    if (state !== null) this.#awareness.setLocalState(state);
    else if (this.#shown) this.#flush();
  }

  #forgetOthers(): void {
    const awareness = this.#awareness;
    const others = [...awareness.meta.keys()].filter((client) => client !== awareness.clientID);
    removeAwarenessStates(awareness, others, REMOTE);
    // A kept clock would hide a person who comes back with the state that they had.
    for (const client of others) awareness.meta.delete(client);
  }

  /** Says at once that this person has left the document. */
  leave(): void {
    if (this.#awareness.getLocalState() === null) return;
    this.#awareness.setLocalState(null);
    this.#flush();
  }

  /** Takes in what another tab said: with a socket the server says it, with the name that it knows. */
  hear(update: Uint8Array): void {
    if (this.#send === undefined || this.#link === 'lost') this.receive(update);
  }

  /** Tells the other tabs who is here. */
  tellTabs(): void {
    const { clientID, meta } = this.#awareness;
    if (meta.has(clientID)) this.#tell(encodeAwarenessUpdate(this.#awareness, [clientID]));
  }

  /** Takes in what the server sent. @throws WeftError `frame-invalid` */
  receive(update: Uint8Array): void {
    validate(update);
    try {
      applyAwarenessUpdate(this.#awareness, update, REMOTE);
    } catch (error) {
      report(error);
    }
  }

  /** Sends the own state now, as an answer to a question. */
  answer(): void {
    this.#flush();
  }

  #changed(): void {
    if (this.#cancel !== undefined) return;
    const wait = this.#sentAt + INTERVAL - this.#env.now();
    if (wait <= 0) this.#flush();
    else this.#cancel = this.#env.timer(wait, () => this.#flush());
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { clientID, meta } = this.#awareness;
    if (!meta.has(clientID)) return;
    this.#shown ||= this.#awareness.getLocalState() !== null;
    this.#sentAt = this.#env.now();
    const update = encodeAwarenessUpdate(this.#awareness, [clientID]);
    if (this.#link === 'there') this.#send?.(update);
    this.#tell(update);
  }
}

/** Reads an update whole before any of it is applied. */
function validate(update: Uint8Array): void {
  const reader = new FrameReader(update);
  for (let left = reader.uint(); left > 0; left -= 1) {
    reader.uint();
    reader.uint();
    const state = reader.string();
    try {
      JSON.parse(state);
    } catch (cause) {
      throw new WeftError('frame-invalid', 'An awareness state.', { cause });
    }
  }
}
