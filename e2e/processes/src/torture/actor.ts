import type { ConversationHandle, DocumentHandle } from '@weft/client';
import type { Person } from '../people.ts';
import type { Ledger } from './ledger.ts';
import { putMark } from './marks.ts';

/** Changes that a client may have waiting in a document before it pauses: people do not type thousands offline. */
const WAITING_MAX = 60;

/** A client under load: it writes, sends, and tells the ledger what it is told. */
export class Actor {
  readonly #person: Person;
  readonly #ledger: Ledger;
  readonly #random: () => number;
  #documents = new Map<string, DocumentHandle>();
  #rooms = new Map<string, ConversationHandle>();
  #stops: (() => void)[] = [];
  readonly #names: { documents: readonly string[]; rooms: readonly string[] };

  constructor(options: {
    readonly person: Person;
    readonly ledger: Ledger;
    readonly random: () => number;
    readonly documents: readonly string[];
    readonly rooms: readonly string[];
  }) {
    this.#person = options.person;
    this.#ledger = options.ledger;
    this.#random = options.random;
    this.#names = { documents: options.documents, rooms: options.rooms };
    this.#open();
  }

  get person(): Person {
    return this.#person;
  }

  document(name: string): DocumentHandle | undefined {
    return this.#documents.get(name);
  }

  room(name: string): ConversationHandle | undefined {
    return this.#rooms.get(name);
  }

  /** Does one thing, or nothing: writes in some document, or sends a message. */
  async act(): Promise<void> {
    const draw = this.#random();
    if (draw < 0.15) await this.#send();
    else this.#write();
  }

  /** A reload: the client is closed and another opened over the same device. */
  async reload(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    await this.#person.reload();
    this.#open();
    await Promise.all([...this.#documents.values()].map(({ loaded }) => loaded));
  }

  #open(): void {
    const { weft, name: author } = this.#person;
    this.#documents = new Map(this.#names.documents.map((name) => [name, weft.document(name)]));
    this.#rooms = new Map(this.#names.rooms.map((name) => [name, weft.conversation(name)]));
    for (const [name, { status, phase }] of this.#documents) {
      const look = () => {
        // Before the device is read, nobody knows what waits on it.
        if (phase.get() === 'loading') return;
        this.#ledger.waiting(name, author, status.get().waiting);
      };
      this.#stops.push(status.subscribe(look));
    }
    for (const [name, { timeline }] of this.#rooms) {
      const look = () => {
        for (const item of timeline.get()) {
          if (item.state === 'stored') this.#ledger.stored(name, item.id, item.message.sequence);
        }
      };
      this.#stops.push(timeline.subscribe(look));
    }
  }

  #write(): void {
    const [name, handle] = this.#pick(this.#documents);
    if (handle.phase.get() === 'loading' || handle.status.get().waiting >= WAITING_MAX) return;
    putMark(handle.doc, this.#ledger.write(name, this.#person.name), this.#random);
  }

  async #send(): Promise<void> {
    const [name, room] = this.#pick(this.#rooms);
    if (room.timeline.get().some(({ state }) => state === 'queued') && this.#random() < 0.7) return;
    const text = `${this.#person.name} ${Math.floor(this.#random() * 1e9)}`;
    const id = await room.send(text);
    this.#ledger.sent(name, id, text);
  }

  #pick<T>(from: ReadonlyMap<string, T>): readonly [string, T] {
    const entries = [...from];
    const entry = entries[Math.floor(this.#random() * entries.length)];
    if (entry === undefined) throw new Error('There is nothing to pick from.');
    return entry;
  }
}
