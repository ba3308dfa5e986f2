import {
  type ChangeAction,
  type ChangeEntry,
  type ConversationHead,
  FIRST_SEGMENT,
  type Mark,
  type Outbox,
  type Role,
  SEGMENT_ROOT,
  type TimelineItem,
  WeftError,
  changesOf,
  isChange,
  isOwn,
  isThreadAction,
  parseAddress,
  segmentOf,
  timeline,
  waitingItems,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { DocumentAccess, DocumentThread, Environment, History, Typist } from './api.ts';
import type { Documents } from './documents.ts';
import { type Derived, type Signal, derived, signal } from './observable.ts';
import { KeepAll } from './keep-all.ts';
import { MarkReader } from './marks.ts';
import { Membership } from './membership.ts';
import { Messages } from './messages.ts';
import type { OutboxRunner, Place } from './outbox-runner.ts';
import { Reading } from './reading.ts';
import { SegmentVisits } from './segment-visits.ts';
import { Segments, firstOf } from './segments.ts';
import type { SyncedDocument } from './synced-document.ts';
import { ThreadReader, threadsOf } from './threads.ts';
import { Typing } from './typing.ts';

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

/** Milliseconds after which a message that the head speaks of and that has not arrived is asked for (law C6: 2 s). */
const REPAIR_AFTER = 1_500;

/** Segments that a device which comes back fetches between what it shows and the newest; more are left for later. */
const CATCH_UP = 3;

/**
 * One conversation, read off its segments: the newest are open, older ones while somebody asks for them. What is shown
 * is a gap-free run that ends with the newest message (law C6).
 */
export class Conversation {
  readonly id: string;
  readonly loaded: Promise<void>;
  readonly phase: Signal<'loading' | 'local' | 'synced'> = signal('loading');
  readonly access: Derived<DocumentAccess>;
  readonly timeline: Derived<readonly TimelineItem[]>;
  readonly history: Derived<History>;
  /** The comment threads of the document that it is beside. */
  readonly threads: Derived<readonly DocumentThread[]>;
  /** How far everybody is, and what is unread. */
  readonly reading: Reading;
  /** Who is in. */
  readonly membership: Membership;
  /** Who is typing. */
  readonly typists: Signal<readonly Typist[]> = signal([]);
  /** Whether the server told of the head on the present connection. */
  readonly online: Signal<boolean> = signal(false);
  /** The wish to have all of it on this device. */
  readonly keeper: KeepAll;
  /** Messages whose files are being kept: what is sent behind them waits. */
  preparing: Promise<void> | undefined;
  readonly #options: ConversationOptions;
  #typing: Typing | undefined;
  readonly #segments: Segments;
  readonly #messages = new Messages();
  readonly #visits: SegmentVisits;
  readonly #marks = new MarkReader();
  readonly #threads = new ThreadReader();
  /** Segments of which the device holds something. */
  readonly #onDevice = new Set<number>();
  #head: ConversationHead | undefined;
  #cancelRepair: (() => void) | undefined;
  /** What this person may do here, as far as the server said. */
  #role: Role = 'editor';
  /** The newest segment that is known of. */
  #newest = 0;
  /**
   * Whether it is known where the newest messages are: the device holds some, or the server said. Before, the first
   * segment may be there and would be taken for the end.
   */
  #begun = false;
  /** The newest sequence up to which there is no gap. */
  #end = 0;
  /** What of this conversation is in the outbox, and the changes among it. */
  #outbox: Outbox = [];
  #changes: ReadonlyMap<number, readonly ChangeEntry[]> = new Map();
  #closed = false;

  constructor(options: ConversationOptions) {
    this.id = options.id;
    this.#options = options;
    const { env, store, documents, me, mark } = options;
    this.#segments = new Segments({
      id: options.id,
      documents,
      watch: (segment, document) => this.#watch(segment, document),
      dropped: (segment) => this.#dropped(segment),
    });
    this.#visits = new SegmentVisits({
      segments: this.#segments,
      messages: this.#messages,
      online: this.online,
      onDevice: this.#onDevice,
      loaded: () => this.loaded,
      head: () => this.#head,
      newest: () => this.#newest,
      end: () => this.#end,
    });
    this.reading = new Reading({
      conversation: this.id,
      env,
      store,
      me,
      messages: this.#messages.bySequence,
      first: () => this.#first,
      send: mark,
    });
    this.membership = new Membership({
      conversation: this.id,
      store,
      messages: this.#messages.bySequence,
      me,
      outbox: () => options.outbox.entriesOf(this.id),
    });
    this.access = derived(() => this.#computeAccess(), sameAccess);
    this.timeline = derived(() => this.#computeTimeline());
    this.history = derived(() => this.#computeHistory());
    this.threads = derived(() =>
      threadsOf(this.id, this.#threads.stored, this.#outbox, me() ?? ''),
    );
    this.loaded = this.#load();
    this.keeper = new KeepAll({
      conversation: this.id,
      store,
      online: this.online,
      timer: (ms, fire) => env.timer(ms, fire),
      fetch: (since, told, stopped) => this.#visits.fetchAll(since, told, stopped),
      bring: ({ segment }) => this.#visits.bring(segment),
    });
  }

  /** The sequence of a stored message that is here. @throws WeftError `not-stored` */
  sequenceOf(id: string): number {
    const sequence = this.#messages.sequenceOf(id);
    if (sequence === undefined || sequence > this.#end) throw new WeftError('not-stored');
    return sequence;
  }

  /** Everything up to a message was shown to the person; without one, everything that is here. */
  markRead(id?: string): void {
    this.reading.read(id === undefined ? this.#end : this.sequenceOf(id));
  }

  /** Brings these sequences, from the device and the server, until the returned function was called. */
  hold(first: number, last: number): () => void {
    if (this.#closed || this.#end === 0) return () => undefined;
    const within = (sequence: number) => Math.min(Math.max(Math.trunc(sequence), 1), this.#end);
    return this.#segments.hold(within(first), within(last));
  }

  /** The first message at or after an instant, UTC milliseconds. */
  sequenceAt(at: number): Promise<number> {
    return this.#visits.sequenceAt(at);
  }

  /** How many messages there are, and about how many bytes they take, by those that are here. */
  takes(): { readonly messages: number; readonly bytes: number } {
    let [bytes, here] = [0, 0];
    for (const [segment, { doc }] of this.#segments.all()) {
      bytes += Y.encodeStateAsUpdate(doc).length;
      here += this.#messages.count(segment);
    }
    const messages = Math.max(this.#end, this.#head?.sequence ?? 0);
    return { messages, bytes: here === 0 ? 0 : Math.round((bytes / here) * messages) };
  }

  /** The person types here, or does not any more. */
  type(types: boolean): void {
    if (types) this.#typing?.key();
    else this.#typing?.stop();
  }

  /** The outbox changed. */
  outboxChanged(): void {
    this.#dropArrived();
    this.#pin();
    this.#notify();
    this.membership.changed();
  }

  /** The server told of its newest event. */
  head(head: ConversationHead): void {
    if (this.#closed || (this.#head !== undefined && head.event < this.#head.event)) return;
    this.#head = head;
    this.#begun = true;
    if (head.role !== undefined) this.#role = head.role;
    this.online.set(true);
    this.access.notify();
    this.reading.online();
    if (head.sequence > 0) {
      this.#newest = Math.max(this.#newest, segmentOf(head.sequence));
      this.#pin();
      // What the device keeps of it must not go on saying what was changed or taken away.
      if (this.#onDevice.has(head.segment)) this.#segments.open(head.segment);
    }
    this.#caughtUp();
    this.#evaluate();
    this.keeper.head(head);
  }

  /** The connection is gone: the next one tells of the head anew. */
  lost(): void {
    this.#head = undefined;
    this.online.set(false);
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
    this.#segments.close(false);
    this.#messages.clear();
    this.#marks.clear();
    this.#threads.clear();
    this.#onDevice.clear();
    this.#newest = 0;
    this.#end = 0;
    this.#begun = false;
    this.lost();
    this.reading.reset();
    this.keeper.reset();
    this.membership.reset();
    this.#notify();
    this.#pin();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.keeper.close();
    this.lost();
    this.#segments.close(true);
    this.#options.outbox.forgetAcked(this.id);
  }

  /** The sequence that the run ending with the newest message begins with. */
  get #first(): number {
    return this.#end === 0 ? 1 : this.#messages.runTo(this.#end);
  }

  async #load(): Promise<void> {
    const { store, outbox } = this.#options;
    // A device that cannot be read holds nothing; the head then says which segments there are.
    const names = await store.documents(`conversation/${this.id}/`).catch(() => []);
    for (const name of names) {
      const address = parseAddress(name);
      if (address?.kind === 'conversation') this.#onDevice.add(address.segment);
    }
    if (this.#onDevice.size > 0) this.#begun = true;
    if (!this.#closed) {
      this.#newest = Math.max(this.#newest, ...this.#onDevice);
      this.#pin();
    }
    // The first is open for who types: nobody has to wait for what was said at the beginning.
    const shown = this.#segments.all().filter(([segment]) => segment + 1 >= this.#newest);
    const segments = shown.map(([, document]) => document.loaded);
    await Promise.all([outbox.loaded, this.reading.loaded, this.membership.loaded, ...segments]);
    if (this.phase.get() === 'loading') this.phase.set('local');
    this.outboxChanged();
    this.#evaluate();
  }

  /** The segments that are always open: the newest two, what is missing before them, and those with changes that wait. */
  #pin(): void {
    if (this.#closed) return;
    const shown = segmentOf(this.#end + 1);
    const recent = Math.max(0, this.#newest - 1);
    const from = this.#end > 0 && recent - shown <= CATCH_UP ? Math.min(shown, recent) : recent;
    // They are read off the device in this order: what is at the end is on the screen before the rest.
    const pinned = new Set<number>();
    for (let segment = this.#newest; segment >= from; segment -= 1) pinned.add(segment);
    for (const sequence of this.#changes.keys()) pinned.add(segmentOf(sequence));
    // Who is typing is told in the first.
    this.#segments.pin(pinned.add(0));
  }

  #watch(segment: number, document: SyncedDocument): () => void {
    this.#onDevice.add(segment);
    const root = document.doc.getMap<unknown>(SEGMENT_ROOT);
    const read = (event: { readonly keysChanged: ReadonlySet<string> }) => {
      this.#read(segment, event.keysChanged, (key) => root.get(key));
    };
    root.observe(read);
    const changed = () => {
      this.#dropArrived();
      this.#notify();
    };
    const stops = [
      () => root.unobserve(read),
      this.#marks.watch(segment, document.doc, changed),
      ...(segment === FIRST_SEGMENT ? [this.#threads.watch(document.doc, changed)] : []),
      document.phase.subscribe(() => this.#evaluate()),
      document.current.subscribe(() => this.#caughtUp()),
      document.access.subscribe(() => this.access.notify()),
    ];
    if (document.awareness !== undefined) stops.push(this.#watchTyping(document.awareness));
    this.#read(segment, root.keys(), (key) => root.get(key));
    return () => stops.forEach((stop) => stop());
  }

  #watchTyping(awareness: Awareness): () => void {
    const { env, me } = this.#options;
    const typing = new Typing(awareness, env, me);
    this.#typing = typing;
    const stop = typing.people.subscribe(() => this.typists.set(typing.people.get()));
    return () => {
      typing.close();
      stop();
      this.#typing = undefined;
    };
  }

  #dropped(segment: number): void {
    this.#messages.drop(segment);
    this.#marks.forget(firstOf(segment), firstOf(segment + 1) - 1);
    this.#notify();
  }

  #read(segment: number, keys: Iterable<string>, get: (key: string) => unknown): void {
    const read = this.#messages.read(segment, keys, get);
    if (read.length === 0) return;
    const me = this.#options.me();
    this.#options.outbox.seen(
      this.id,
      read.filter(({ author }) => author === me),
    );
    this.#dropArrived();
    if (!this.#evaluate()) this.#notify();
    if (this.phase.get() !== 'loading') this.reading.changed();
  }

  #notify(): void {
    this.#outbox = this.#options.outbox.entriesOf(this.id);
    this.#changes = changesOf(this.#outbox);
    this.timeline.notify();
    this.history.notify();
    this.threads.notify();
  }

  /** What was stored is shown by the outbox until it is here, so that nothing flickers between ack and arrival. */
  #dropArrived(): void {
    this.#options.outbox.changesArrived(this.id, (action, at) => {
      // Those that take a sequence are known by it when they come, and came before where the ack is of a repetition.
      const { event } = at;
      if (isThreadAction(action)) {
        return this.#threads.has(action.anchor, event) || this.#isPast([FIRST_SEGMENT], event);
      }
      if (!isChange(action)) {
        return this.#messages.bySequence.has(at.sequence) || this.#isLeft(at);
      }
      if (this.#isPast(segmentsOf(action), event)) return true;
      if (action.type === 'edit' || action.type === 'delete') {
        const message = this.#messages.bySequence.get(action.sequence);
        return (message?.event ?? 0) >= event || message?.deleted !== undefined;
      }
      return this.#marks.has(action, this.#options.me() ?? '', event);
    });
  }

  /** Whether a message was stored among those that are left for later: it is in its place, and not at the end. */
  #isLeft({ sequence }: Place): boolean {
    return sequence <= this.#end && this.#segments.get(segmentOf(sequence)) === undefined;
  }

  /** More of what the server has was heard: changes that wait to be seen may have been, without a sign. */
  #caughtUp(): void {
    if (this.#options.outbox.entriesOf(this.id).length === 0) return;
    this.#dropArrived();
    this.#notify();
  }

  /**
   * Whether what these segments show is of an event or of a later one. A change that was stored and taken back by
   * somebody before this device heard of either leaves no sign in the segment: the whole of it was heard, that says it.
   */
  #isPast(segments: readonly number[], event: number): boolean {
    return (
      segments.every((segment) => this.#segments.get(segment)?.current.get() === true) &&
      this.#head !== undefined &&
      this.#head.event >= event
    );
  }

  /** Moves the end on over what has come, and past what is left for later. Returns whether it moved. */
  #moveEnd(): boolean {
    if (!this.#begun) return false;
    const { bySequence } = this.#messages;
    const before = this.#end;
    const recent = Math.max(0, this.#newest - 1);
    if (this.#end === 0 || recent - segmentOf(this.#end + 1) > CATCH_UP) {
      const next = [recent, this.#newest].find((segment) => bySequence.has(firstOf(segment)));
      if (next !== undefined) this.#end = Math.max(this.#end, firstOf(next));
    }
    while (this.#end > 0 && bySequence.has(this.#end + 1)) this.#end += 1;
    if (this.#end === before) return false;
    this.#pin();
    this.#notify();
    return true;
  }

  /** Returns whether the end has moved. */
  #evaluate(): boolean {
    if (this.#closed) return false;
    const moved = this.#moveEnd();
    if (this.phase.get() === 'loading') return moved;
    this.reading.arrived(this.#end);
    this.membership.arrived(this.#end);
    const head = this.#head;
    if (head === undefined) return moved;
    const complete = this.#end >= head.sequence;
    const all = this.#segments.all().every(([, document]) => document.phase.get() === 'synced');
    if (complete && all) this.phase.set('synced');
    if (complete) {
      this.#cancelRepair?.();
      this.#cancelRepair = undefined;
    } else {
      this.#cancelRepair ??= this.#options.env.timer(REPAIR_AFTER, () => {
        this.#cancelRepair = undefined;
        this.#segments.get(segmentOf(this.#end + 1))?.askAgain();
        this.#evaluate();
      });
    }
    return moved;
  }

  #computeTimeline(): readonly TimelineItem[] {
    const { bySequence } = this.#messages;
    return timeline(bySequence, this.#outbox, this.#marks, this.#options.me(), this.#first);
  }

  #computeHistory(): History {
    const me = this.#options.me() ?? '';
    const [length, changes] = [this.#end, this.#changes];
    const isShown = (id: string) => {
      const sequence = this.#messages.sequenceOf(id);
      const message = sequence === undefined ? undefined : this.#messages.bySequence.get(sequence);
      return message !== undefined && message.sequence <= length && isOwn(message, me);
    };
    const pinned = [...this.#marks.pins.keys()].toSorted((a, b) => a - b);
    const at = (sequence: number) =>
      sequence > length
        ? undefined
        : this.#messages.item(sequence, this.#marks, changes.get(sequence) ?? [], me);
    return {
      length,
      first: this.#first,
      waiting: waitingItems(this.#outbox, isShown),
      pinned: pinned.flatMap((sequence) => at(sequence) ?? []),
      pinnedElsewhere: pinned.filter(
        (sequence) => sequence <= length && !this.#messages.bySequence.has(sequence),
      ),
      at,
      sequenceOf: (id) => {
        const sequence = this.#messages.sequenceOf(id);
        return sequence !== undefined && sequence <= length ? sequence : undefined;
      },
    };
  }

  /** A segment is read-only to everybody: whether this person may send, only the head or a refusal tells. */
  #computeAccess(): DocumentAccess {
    const all = this.#segments.all().map(([, document]) => document.access.get());
    const known = all.find(({ state }) => state !== 'unknown') ?? { state: 'unknown' };
    return known.state === 'reader' || known.state === 'editor' ? { state: this.#role } : known;
  }
}

/** The segments that show what a change has done. */
function segmentsOf({ type, sequence }: ChangeAction): readonly number[] {
  const isPin = type === 'pin' || type === 'unpin';
  return isPin ? [FIRST_SEGMENT, segmentOf(sequence)] : [segmentOf(sequence)];
}

function sameAccess(a: DocumentAccess, b: DocumentAccess): boolean {
  return a.state === b.state && (a.state !== 'denied' || b.state !== 'denied' || a.code === b.code);
}
