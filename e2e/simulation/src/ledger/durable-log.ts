import {
  type ConversationEvent,
  type Message,
  authorOf,
  conversationEventSchema,
} from '@weft/protocol';
import type { LogEntry } from '@weft/storage';
import type { StoreRecord } from '@weft/testkit/sim';
import * as v from 'valibot';
import * as Y from 'yjs';
import { type Content, contentOf, docHolds } from '../content.ts';
import { Holdings } from '../holdings.ts';
import { SIM_LIMITS } from '../rules.ts';
import type { Violations } from './violations.ts';

/** Milliseconds after which a server has applied what is durable. */
const SETTLED = 50;

const CONVERSATION = /\/conversation\//;

/** What is known of one stream from its durable records alone. */
interface StreamLedger {
  readonly holdings: Holdings;
  /** Client id → the first principal that wrote under it or was shown with it. */
  readonly owners: Map<number, string>;
  /** Writes that came when the log had all of them, */
  readonly known: Set<string>;
  /** and how often those came, and were not appended yet, when it had not. */
  readonly fresh: Map<string, number>;
  readonly updates: Uint8Array[];
  /** When the newest of them became durable. */
  grew: number;
  /** A document made of the first `applied` updates: made when it is asked for. */
  replica: { readonly doc: Y.Doc; applied: number } | undefined;
  readonly events: ConversationEvent[];
  /** How many of them are messages or changes of membership. */
  messages: number;
  /** Id and author of each command that had an effect. */
  readonly effects: Set<string>;
  /** Who is in. */
  readonly members: Set<string>;
}

/**
 * What is durable, read from the simulated disk and from nothing else. Every record that becomes durable is held
 * against the laws that any log must keep, whoever let it in.
 */
export class DurableLog {
  readonly #violations: Violations;
  readonly #now: () => number;
  readonly #recorded: (stream: string, principal: string) => void;
  readonly #streams = new Map<string, StreamLedger>();
  /** Id of a command → the sequences that it is known under: two people may use one id. */
  readonly #sequences = new Map<string, Set<number>>();

  /** @param recorded told of each record of a document, and of each event, with who wrote it */
  constructor(
    violations: Violations,
    now: () => number,
    recorded: (stream: string, principal: string) => void = () => undefined,
  ) {
    this.#violations = violations;
    this.#now = now;
    this.#recorded = recorded;
  }

  /** Records have become durable. */
  add(records: readonly StoreRecord[]): void {
    for (const record of records) {
      if (record.type === 'append') for (const entry of record.entries) this.#append(entry);
    }
  }

  /**
   * Whether all of it is in the log, or follows from it: a value that loses against another one is deleted by every
   * replica that applies both, and so is what was put into a deleted type. No record says so.
   */
  holds(name: string, content: Content): boolean {
    const stream = this.#stream(name);
    if (stream.holdings.hold(content)) return true;
    if (!stream.holdings.hold({ inserts: content.inserts, deletes: [] })) return false;
    const replica = (stream.replica ??= { doc: emptyReplica(), applied: 0 });
    for (; replica.applied < stream.updates.length; replica.applied += 1) {
      const update = stream.updates[replica.applied];
      if (update !== undefined) Y.applyUpdate(replica.doc, update);
    }
    return docHolds(replica.doc, content);
  }

  /** A write has come: one that the log has all of must cost no record. */
  arrived(name: string, bytes: Uint8Array, content: Content): void {
    const { holdings, known, fresh, grew } = this.#stream(name);
    const key = keyOf(bytes);
    // What became durable a moment ago is not applied yet: a repetition of it may still pass as new, harmlessly.
    if (this.#now() - grew > SETTLED && holdings.hold(content)) known.add(key);
    else fresh.set(key, (fresh.get(key) ?? 0) + 1);
  }

  /** A client id was shown to others as this person's. */
  shown(stream: string, client: number, principal: string): void {
    const { owners } = this.#stream(stream);
    const owner = owners.get(client) ?? principal;
    owners.set(client, owner);
    if (owner !== principal) {
      this.#violations.add('D7', `${principal} was shown under the client id of ${owner}`);
    }
  }

  owner(stream: string, client: number): string | undefined {
    return this.#stream(stream).owners.get(client);
  }

  events(stream: string): readonly ConversationEvent[] {
    return this.#stream(stream).events;
  }

  /** How many messages and changes of membership a conversation has. */
  messages(stream: string): number {
    return this.#stream(stream).messages;
  }

  /** Who is in a conversation. */
  members(stream: string): ReadonlySet<string> {
    return this.#stream(stream).members;
  }

  /** Whether a command had an effect, in whatever conversation, with this sequence. */
  had(id: string, sequence: number): boolean {
    return this.#sequences.get(id)?.has(sequence) === true;
  }

  /** A document made of a stream's records, in their order. */
  replay(stream: string): Y.Doc {
    const doc = emptyReplica();
    for (const update of this.#stream(stream).updates) Y.applyUpdate(doc, update);
    return doc;
  }

  #stream(name: string): StreamLedger {
    const found = this.#streams.get(name);
    if (found !== undefined) return found;
    const made: StreamLedger = {
      holdings: new Holdings(),
      owners: new Map(),
      known: new Set(),
      fresh: new Map(),
      updates: [],
      grew: 0,
      replica: undefined,
      events: [],
      messages: 0,
      effects: new Set(),
      members: new Set(),
    };
    this.#streams.set(name, made);
    return made;
  }

  #append(entry: LogEntry): void {
    const stream = this.#stream(entry.stream);
    if (entry.kind === 'event') {
      const text = new TextDecoder().decode(entry.bytes);
      const event = v.parse(conversationEventSchema, JSON.parse(text));
      this.#recorded(entry.stream, authorOf(event));
      this.#event(stream, event);
      return;
    }
    // What is kept beside the events to be found sooner: whoever reads it shows what it says.
    if (entry.kind === 'membership' || entry.kind === 'direct') return;
    let content: Content;
    try {
      content = contentOf(entry.bytes);
    } catch {
      this.#violations.add('D3', `the log of ${entry.stream} took bytes that are no update`);
      return;
    }
    this.#recorded(entry.stream, entry.principal);
    this.#judge(entry, stream, content);
    stream.holdings.add(content);
    stream.updates.push(entry.bytes);
    stream.grew = this.#now();
  }

  #judge(
    entry: LogEntry,
    { holdings, owners, known, fresh }: StreamLedger,
    content: Content,
  ): void {
    const wrong = (law: string, what: string) => {
      this.#violations.add(law, `the log of ${entry.stream} took ${what} from ${entry.principal}`);
    };
    const ends = new Map<number, number>();
    for (const { client, clock, length } of content.inserts) {
      const end = ends.get(client) ?? holdings.end(client);
      if (clock > end) wrong('D3', 'structs behind a gap');
      if (clock < end) wrong('D5', 'structs that it had');
      ends.set(client, Math.max(end, clock + length));
      if (CONVERSATION.test(entry.stream)) continue;
      const owner = owners.get(client) ?? entry.principal;
      owners.set(client, owner);
      if (owner !== entry.principal) wrong('D7', `structs under a client id of ${owner}`);
      if (length > SIM_LIMITS.clockAdvance) wrong('D3', 'a jump of a clock');
    }
    for (const { client, clock, length } of content.deletes) {
      if (clock + length > (ends.get(client) ?? holdings.end(client))) {
        wrong('D3', 'deletes of what is nowhere');
      }
    }
    const key = keyOf(entry.bytes);
    const times = fresh.get(key) ?? 0;
    if (times > 0) fresh.set(key, times - 1);
    else if (known.has(key)) wrong('D5', 'what it had');
    if (ends.size > SIM_LIMITS.clients) wrong('D3', 'a crowd of client ids');
    if (content.deletes.length > SIM_LIMITS.deleteRanges) wrong('D3', 'a flood of delete ranges');
  }

  #event(stream: StreamLedger, event: ConversationEvent): void {
    const { events, messages, effects } = stream;
    const { conversation } = event.command;
    const expected = events.length + 1;
    const sound =
      event.type === 'message' ? event.sequence === messages + 1 : event.sequence <= messages;
    if (event.event !== expected || !sound) {
      this.#violations.add(
        'C1',
        `${conversation} has event ${event.event}, sequence ${event.sequence} at ${expected}`,
      );
    }
    const { id } = event.command;
    const effect = `${id} ${authorOf(event)}`;
    if (effects.has(effect)) this.#violations.add('C3', `the command ${id} had two effects`);
    effects.add(effect);
    const sequences = this.#sequences.get(id);
    if (sequences === undefined) this.#sequences.set(id, new Set([event.sequence]));
    else sequences.add(event.sequence);
    if (event.type === 'message') {
      stream.messages += 1;
      this.#membership(stream, event.message);
    }
    events.push(event);
  }

  /** C13: in and out alternate for every person. */
  #membership({ members }: StreamLedger, { author, membership }: Message): void {
    if (membership === undefined) return;
    const comes = membership.change === 'joined';
    if (members.has(author) === comes) {
      this.#violations.add('C13', `${author} ${membership.change}, and that was so already`);
    }
    if (comes) members.add(author);
    else members.delete(author);
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** A document that only applies: clean-ups of its own would be edits that nobody made. */
function emptyReplica(): Y.Doc {
  const doc = new Y.Doc();
  doc.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false;
  });
  return doc;
}
