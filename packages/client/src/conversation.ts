import {
  type ConversationHead,
  type Mark,
  type Message,
  type Role,
  SEGMENT_ROOT,
  type TimelineItem,
  WeftError,
  messageSchema,
  parseAddress,
  segmentOf,
  timeline,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { DocumentAccess, Environment } from './api.ts';
import type { Documents, OpenDocument } from './documents.ts';
import { type Derived, type Signal, derived, signal } from './observable.ts';
import { MarkReader } from './marks.ts';
import type { OutboxRunner } from './outbox-runner.ts';
import { Reading } from './reading.ts';
import type { SyncedDocument } from './synced-document.ts';

export interface ConversationOptions {
  readonly id: string;
  readonly env: Environment;
  readonly store: DeviceStore;
  readonly documents: Documents;
  readonly outbox: OutboxRunner;
  /** The `sub` of the person, once it is known. */
  readonly me: () => string | undefined;
  /** Says to the server how far this person is. */
  readonly mark: (mark: Mark) => void;
}

interface Segment {
  readonly opened: OpenDocument;
  readonly document: SyncedDocument;
  readonly stop: () => void;
}

/** Milliseconds after which a message that the head speaks of and that has not arrived is asked for (law C6: 2 s). */
const REPAIR_AFTER = 1_500;

/** One conversation: its segments, all of them open, read into one list. */
export class Conversation {
  readonly id: string;
  readonly loaded: Promise<void>;
  readonly phase: Signal<'loading' | 'local' | 'synced'> = signal('loading');
  readonly access: Derived<DocumentAccess>;
  readonly timeline: Derived<readonly TimelineItem[]>;
  /** How far everybody is, and what is unread. */
  readonly reading: Reading;
  readonly #options: ConversationOptions;
  readonly #segments = new Map<number, Segment>();
  readonly #messages = new Map<number, Message>();
  readonly #marks = new MarkReader();
  #head: ConversationHead | undefined;
  #cancelRepair: (() => void) | undefined;
  /** What this person may do here, as far as the server said. */
  #role: Role = 'editor';
  /** The lowest sequence that is not here. */
  #missing = 1;
  #closed = false;

  constructor(options: ConversationOptions) {
    this.id = options.id;
    this.#options = options;
    const { env, store, me, mark } = options;
    this.reading = new Reading({
      conversation: this.id,
      env,
      store,
      me,
      messages: this.#messages,
      send: mark,
    });
    this.access = derived(() => this.#computeAccess(), sameAccess);
    this.timeline = derived(() =>
      timeline(this.#messages, options.outbox.entriesOf(this.id), this.#marks, options.me()),
    );
    this.loaded = this.#load();
  }

  /** The sequence of a stored message that is shown. @throws WeftError `not-stored` */
  sequenceOf(id: string): number {
    for (const item of this.timeline.get()) {
      if (item.state === 'stored' && item.id === id) return item.message.sequence;
    }
    throw new WeftError('not-stored');
  }

  /** Everything up to a message was shown to the person; without one, everything that is here. */
  markRead(id?: string): void {
    this.reading.read(id === undefined ? this.#missing - 1 : this.sequenceOf(id));
  }

  /** The outbox changed. */
  outboxChanged(): void {
    this.#dropArrived();
    this.timeline.notify();
  }

  /** The server told of its newest event. */
  head(head: ConversationHead): void {
    if (this.#closed || (this.#head !== undefined && head.event < this.#head.event)) return;
    this.#head = head;
    if (head.role !== undefined) this.#role = head.role;
    this.access.notify();
    this.reading.online();
    if (head.sequence > 0) this.#openUpTo(segmentOf(head.sequence));
    this.#evaluate();
  }

  /** The connection is gone: the next one tells of the head anew. */
  lost(): void {
    this.#head = undefined;
    this.reading.lost();
    this.#cancelRepair?.();
    this.#cancelRepair = undefined;
  }

  /** A command was refused because this person may only read. */
  readOnly(): void {
    this.#role = 'reader';
    this.access.notify();
  }

  /** The server has another history: what is here may mean other messages now, and is read again. */
  reset(): void {
    if (this.#closed) return;
    this.#closeSegments(false);
    this.#messages.clear();
    this.#marks.clear();
    this.#missing = 1;
    this.lost();
    this.reading.reset();
    this.timeline.notify();
    this.#open(0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.lost();
    this.#closeSegments(true);
    this.#options.outbox.forgetAcked(this.id);
  }

  async #load(): Promise<void> {
    const { store, outbox } = this.#options;
    this.#open(0);
    // A device that cannot be read holds nothing; the head then says which segments there are.
    const names = await store.documents(`conversation/${this.id}/`).catch(() => []);
    for (const name of names) {
      const address = parseAddress(name);
      if (address?.kind === 'conversation' && !this.#closed) this.#open(address.segment);
    }
    const segments = [...this.#segments.values()].map(({ document }) => document.loaded);
    await Promise.all([outbox.loaded, this.reading.loaded, ...segments]);
    if (this.phase.get() === 'loading') this.phase.set('local');
    this.timeline.notify();
    this.#evaluate();
  }

  #openUpTo(newest: number): void {
    for (let segment = 0; segment <= newest; segment += 1) this.#open(segment);
  }

  #open(segment: number): void {
    if (this.#segments.has(segment)) return;
    const address = { kind: 'conversation', id: this.id, segment } as const;
    const opened = this.#options.documents.acquire(address);
    // Only the server writes segments: there is nothing of ours that it could refuse, and no other copy to come.
    const document = opened.document.get();
    const root = document.doc.getMap<unknown>(SEGMENT_ROOT);
    const read = (event: { readonly keysChanged: ReadonlySet<string> }) => {
      this.#read(segment, event.keysChanged, (key) => root.get(key));
    };
    root.observe(read);
    const stopMarks = this.#marks.watch(document.doc, () => {
      this.#dropArrived();
      this.timeline.notify();
    });
    const stops = [
      () => root.unobserve(read),
      stopMarks,
      document.phase.subscribe(() => this.#evaluate()),
      document.access.subscribe(() => this.access.notify()),
    ];
    this.#segments.set(segment, { opened, document, stop: () => stops.forEach((stop) => stop()) });
    this.#read(segment, new Set(root.keys()), (key) => root.get(key));
  }

  #closeSegments(keep: boolean): void {
    for (const { opened, stop } of this.#segments.values()) {
      stop();
      this.#options.documents.release(opened, keep);
    }
    this.#segments.clear();
  }

  /** Takes in messages. What fits no schema, or lies where it does not belong, is no message. */
  #read(segment: number, keys: ReadonlySet<string>, get: (key: string) => unknown): void {
    const own: Message[] = [];
    let changed = false;
    for (const key of keys) {
      const parsed = messageSchema.safeParse(get(key));
      if (!parsed.success) continue;
      const message = parsed.data;
      if (String(message.sequence) !== key || segmentOf(message.sequence) !== segment) continue;
      this.#messages.set(message.sequence, message);
      changed = true;
      if (message.author === this.#options.me()) own.push(message);
    }
    if (!changed) return;
    this.#options.outbox.seen(this.id, own);
    this.#dropArrived();
    this.timeline.notify();
    if (this.phase.get() !== 'loading') this.reading.changed();
    this.#evaluate();
  }

  /** What was stored is shown by the outbox until it is here, so that nothing flickers between ack and arrival. */
  #dropArrived(): void {
    this.#options.outbox.changesArrived(this.id, (action, event) => {
      if (action.type === 'send') return false;
      if (action.type === 'edit' || action.type === 'delete') {
        const message = this.#messages.get(action.sequence);
        return (message?.event ?? 0) >= event || message?.deleted !== undefined;
      }
      return this.#marks.has(action, this.#options.me() ?? '', event);
    });
  }

  #evaluate(): void {
    if (this.#closed || this.phase.get() === 'loading') return;
    while (this.#messages.has(this.#missing)) this.#missing += 1;
    this.reading.arrived(this.#missing - 1);
    const head = this.#head;
    if (head === undefined) return;
    const complete = this.#missing > head.sequence;
    const all = [...this.#segments.values()].every(
      ({ document }) => document.phase.get() === 'synced',
    );
    if (complete && all) this.phase.set('synced');
    if (complete) {
      this.#cancelRepair?.();
      this.#cancelRepair = undefined;
    } else {
      this.#cancelRepair ??= this.#options.env.timer(REPAIR_AFTER, () => {
        this.#cancelRepair = undefined;
        this.#segments.get(segmentOf(this.#missing))?.document.askAgain();
        this.#evaluate();
      });
    }
  }

  /** A segment is read-only to everybody: whether this person may send, only the head or a refusal tells. */
  #computeAccess(): DocumentAccess {
    const first = this.#segments.get(0)?.document.access.get() ?? { state: 'unknown' };
    return first.state === 'reader' || first.state === 'editor' ? { state: this.#role } : first;
  }
}

function sameAccess(a: DocumentAccess, b: DocumentAccess): boolean {
  return a.state === b.state && (a.state !== 'denied' || b.state !== 'denied' || a.code === b.code);
}
