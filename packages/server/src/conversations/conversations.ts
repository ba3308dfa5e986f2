import {
  type Ack,
  type Command,
  type CommandFrame,
  type ConversationEvent,
  type ConversationHead,
  type ConversationState,
  type Direct,
  type ErrorCode,
  type MembersMessage,
  authorOf,
  conversationEventSchema,
  decide,
  errorDefinition,
  formatAddress,
  isErrorCode,
  readCommand,
  sameEffect,
  segmentOf,
  segmentStateOf,
  stateAfter,
  streamName,
  textOfEvent,
  timeOf,
  withSegment,
} from '@weft/protocol';
import type { Identity, LogRecord, Log, Registry, Store } from '@weft/storage';
import * as v from 'valibot';
import * as Y from 'yjs';
import type { Principal } from '../auth/principal.ts';
import { recordMaker, recordResource } from '../auth/resources.ts';
import { Pipeline } from '../door/pipeline.ts';
import { catchUp } from '../engine/load.ts';
import { namingEntries } from '../files/records.ts';
import { type Logger, reasonOf } from '../logger.ts';
import { MembersReader, begunDirects, membershipEntries } from './members.ts';
import type { Timings } from './timings.ts';
import { type Counted, Turns } from './turns.ts';

/** What became of a command, and what others must hear of it. */
export type CommandResult = Ack['result'];

/** Tells of commits: the segment's update to those who have it open, the head to those who follow. */
export interface ConversationListener {
  committed(
    tenant: string,
    segment: string,
    /** `undefined` when the event changed nothing that is shown. */
    update: Uint8Array | undefined,
    head: ConversationHead,
  ): void;
  /** A direct conversation began: what each of its two people (`sub`) is told. */
  begun(tenant: string, directs: ReadonlyMap<string, Direct>): void;
  /**
   * A commit's outcome was not known, and the log has been read since: these segments may hold more than was shown.
   * Resolves when what is open shows all of it.
   */
  reread(tenant: string, segments: readonly string[], head: ConversationHead): Promise<void>;
}

const utf8 = new TextEncoder();

/** Conversations whose state is kept while nothing is under way: to read it for each message costs more than the message. */
const STATES_KEPT = 1_024;

/** Those of them that are kept with what was read of segments and members, which takes a few milliseconds and some room. */
const FULL_STATES_KEPT = 64;

/**
 * Conversations: commands become events with dense numbers (laws C1–C5). One append holds the event and the update
 * of its segment; the command's id is the event's key, so that a resent command finds its first result for ever.
 */
export class Conversations {
  readonly #log: Log;
  readonly #registry: Registry;
  readonly #identity: Identity;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #listener: ConversationListener;
  /** Only while commands are under way: an idle conversation costs nothing. */
  readonly #pipelines = new Map<string, Pipeline<ConversationState>>();
  /** By stream, the one used last at the end: what the log itself refuses to build on once it is out of date. */
  readonly #states = new Map<string, ConversationState>();
  /** Streams whose state there is kept in full, the one used last at the end. */
  readonly #full = new Set<string>();
  /** By stream: segments that commands under way need to know. */
  readonly #needed = new Map<string, Set<number | 'members'>>();
  /** By stream: segments that a commit of unknown outcome may have written to. */
  readonly #unsure = new Map<string, Set<number>>();
  readonly #turns: Turns;
  readonly #members: MembersReader;
  readonly #timings: Timings | undefined;

  constructor(options: {
    readonly store: Store;
    readonly now: () => number;
    readonly logger: Logger;
    readonly listener: ConversationListener;
    readonly timings?: Timings;
  }) {
    this.#log = options.store.log;
    this.#registry = options.store.registry;
    this.#identity = options.store.identity;
    this.#now = options.now;
    this.#logger = options.logger;
    this.#listener = options.listener;
    this.#turns = new Turns(options.now);
    this.#timings = options.timings;
    this.#members = new MembersReader(this.#log);
  }

  get busy(): boolean {
    return this.#pipelines.size > 0;
  }

  /**
   * Reads a command of a person who may write in its conversation, once, and runs it. Resolves after the commit.
   * @param around what it is run within, where that has a say in whether it is
   */
  async command(
    principal: Principal,
    frame: CommandFrame,
    around?: (command: Command, run: () => Promise<CommandResult>) => Promise<CommandResult>,
  ): Promise<CommandResult> {
    const command = readCommand(frame);
    if ('refused' in command) return this.refuse(principal, frame, command.refused);
    const run = () => this.#run(principal, command);
    return around === undefined ? run() : around(command, run);
  }

  async #run(principal: Principal, command: Command): Promise<CommandResult> {
    const stream = streamName(principal.tenant, { kind: 'conversation', id: command.conversation });
    try {
      for (;;) {
        const result =
          (await this.#repeated(principal, stream, command)) ??
          (await this.#append(principal, stream, command));
        if (result.outcome === 'stored') {
          this.#turns.passed(principal, command);
          return result;
        }
        if (result.code !== 'out-of-turn') return this.#refused(principal, command, result);
        // It was refused because of one whose commit failed. That one, or this, may be in the log all the same: then
        // its device has seen it, and will not send it again.
        const found = await this.#repeated(principal, stream, command);
        if (found?.outcome === 'stored') this.#turns.passed(principal, command);
        if (found !== undefined) return found;
        if (!(await this.#settled(principal, stream, command))) return result;
      }
    } catch (error) {
      this.#logger.error('A command could not be run.', { stream, reason: reasonOf(error) });
      return this.refuse(principal, command, 'storage-failed');
    }
  }

  /** Refuses a command that gets no further. Those that its device made after it wait for it, where it may come again. */
  refuse(principal: Principal, command: Counted, code: ErrorCode): CommandResult {
    return this.#refused(principal, command, refused(code));
  }

  /** A command is looked at before it is run: what its device made later waits for it (law C5). */
  expect(principal: Principal, command: Counted): void {
    this.#turns.refused(principal, command);
  }

  #refused(
    principal: Principal,
    command: Counted,
    result: CommandResult & { readonly outcome: 'refused' },
  ): CommandResult {
    const { code } = result;
    if (isErrorCode(code) && errorDefinition(code).retry === 'later') {
      this.#turns.refused(principal, command);
    } else {
      this.#turns.passed(principal, command);
    }
    return result;
  }

  /** Whether what a command waits for is in the log already; then it waits for it no more. */
  async #settled(principal: Principal, stream: string, command: Command): Promise<boolean> {
    const first = this.#turns.mustWait(principal, command);
    if (first === undefined) return true;
    if ((await this.#find(principal, stream, first)) === undefined) return false;
    this.#turns.passed(principal, first);
    return true;
  }

  /** The newest event of a conversation, as an `event` message. */
  async head(tenant: string, conversation: string): Promise<ConversationHead> {
    const stream = streamName(tenant, { kind: 'conversation', id: conversation });
    const last = await this.#last(stream);
    return headOf(conversation, last);
  }

  /** Who is in a conversation, as a `members` message. */
  async members(tenant: string, conversation: string): Promise<MembersMessage> {
    // The head first: what is told may hold more than it says, and a change that is told twice is one change.
    const { sequence } = await this.head(tenant, conversation);
    const { members } = await this.#members.of(tenant, conversation);
    return { type: 'members', conversation, sequence, members: [...members.values()] };
  }

  /** The direct conversations of a person. */
  directs(tenant: string, sub: string): Promise<readonly Direct[]> {
    return this.#members.directs(tenant, sub);
  }

  /**
   * The result of a command that was stored before, or its refusal when its id means something else, or is somebody
   * else's: lists are keyed by it.
   */
  async #repeated(
    principal: Principal,
    stream: string,
    command: Command,
  ): Promise<CommandResult | undefined> {
    const record = await this.#find(principal, stream, command);
    if (record === undefined) return undefined;
    const event = readEvent(record);
    const same = authorOf(event) === principal.sub && sameEffect(event.command, command);
    return same ? storedAs(event) : refused('command-id-reused');
  }

  /** The event of a command's id. What servers wrote before has its author in its key. */
  async #find(
    { sub }: Principal,
    stream: string,
    { id }: Pick<Command, 'id'>,
  ): Promise<LogRecord | undefined> {
    return (await this.#log.find(stream, id)) ?? this.#log.find(stream, `${sub}/${id}`);
  }

  #append(principal: Principal, stream: string, command: Command): Promise<CommandResult> {
    let segments: readonly number[] = [];
    return this.#pipeline(stream, principal.tenant, command.conversation).run<CommandResult>({
      decide: (state) => {
        if (this.#turns.mustWait(principal, command) !== undefined) {
          // Noted at once: those behind it are decided before it is answered.
          this.#turns.refused(principal, command);
          return { do: 'answer', result: refused('out-of-turn') };
        }
        const decision = decide(state, command, principal, this.#identity.epoch, this.#now());
        if (decision.outcome === 'refuse') return { do: 'answer', result: refused(decision.code) };
        if (decision.outcome === 'read') {
          this.#need(stream, decision.segment);
          return { do: 'reload' };
        }
        const { event, segmentUpdate, files, next } = decision;
        const text = textOfEvent(event);
        segments = [...segments, event.segment];
        const segment = {
          kind: 'conversation',
          id: command.conversation,
          segment: event.segment,
        } as const;
        const common = { principal: principal.sub, at: timeOf(event) };
        return {
          do: 'append',
          next,
          entries: [
            {
              ...common,
              stream,
              key: command.id,
              kind: 'event',
              bytes: utf8.encode(JSON.stringify(event)),
              after: state.event,
              ...(text === undefined ? {} : { text: { scope: principal.tenant, ...text } }),
            },
            ...(segmentUpdate === undefined
              ? []
              : [
                  {
                    ...common,
                    stream: streamName(principal.tenant, segment),
                    kind: 'update',
                    bytes: segmentUpdate,
                  },
                ]),
            ...membershipEntries(principal.tenant, event),
            ...namingEntries(
              principal.tenant,
              { conversation: command.conversation, sequence: event.sequence },
              files,
              common,
            ),
          ],
          committed: () => {
            if (event.event === 1) this.#record(principal, command.conversation);
            this.#listener.committed(
              principal.tenant,
              formatAddress(segment),
              segmentUpdate,
              withTrace(headOf(command.conversation, event, event.segment), command.trace),
            );
            this.#timings?.stored(principal.tenant, event);
            const begun = begunDirects(event);
            if (begun.size > 0) this.#listener.begun(principal.tenant, begun);
            return storedAs(event);
          },
          // Another copy of this command was on its way: the log wrote one, and it answers for both.
          rejected: async () =>
            (await this.#repeated(principal, stream, command)) ?? refused('internal'),
        };
      },
      failed: (error) => {
        this.#logger.error('A message could not be stored.', { stream, reason: error.message });
        this.#doubt(stream, segments);
        // Noted at once: those behind it are decided again before it is answered.
        return this.refuse(principal, command, 'storage-failed');
      },
    });
  }

  #record(principal: Principal, id: string): void {
    const resource = { kind: 'conversation', id } as const;
    recordResource(this.#registry, principal.tenant, resource, principal.sub, this.#now()).catch(
      (error: unknown) => {
        this.#logger.error('A resource could not be recorded.', { reason: reasonOf(error) });
      },
    );
  }

  /** Makes up for what `#record` could not do: its commit was of unknown outcome, or the process ended behind it. */
  async #recordMaker(tenant: string, id: string): Promise<void> {
    const resource = { kind: 'conversation', id } as const;
    await recordMaker({ log: this.#log, registry: this.#registry }, tenant, resource).catch(
      (error: unknown) => {
        this.#logger.error('A resource could not be recorded.', { reason: reasonOf(error) });
      },
    );
  }

  #pipeline(stream: string, tenant: string, conversation: string): Pipeline<ConversationState> {
    const found = this.#pipelines.get(stream);
    if (found !== undefined) return found;
    const initial = this.#states.get(stream);
    this.#states.delete(stream);
    this.#full.delete(stream);
    const made = new Pipeline<ConversationState>(
      this.#log,
      async () => {
        const last = await this.#last(stream);
        await this.#resolveDoubts(stream, tenant, conversation, last);
        if (last !== undefined) await this.#recordMaker(tenant, conversation);
        return this.#withNeeded(stream, tenant, conversation, stateAfter(last));
      },
      {
        ...(initial === undefined ? {} : { initial }),
        idle: (state) => this.#rest(stream, state),
      },
    );
    this.#pipelines.set(stream, made);
    return made;
  }

  /** Nothing of a conversation is under way any more. */
  #rest(stream: string, state: ConversationState | undefined): void {
    this.#pipelines.delete(stream);
    this.#needed.delete(stream);
    if (state === undefined) return;
    this.#states.set(stream, state);
    if (state.segments.size > 0 || state.members !== undefined) this.#full.add(stream);
    const [heaviest] = this.#full;
    if (this.#full.size > FULL_STATES_KEPT && heaviest !== undefined) {
      const kept = this.#states.get(heaviest);
      if (kept !== undefined) {
        this.#states.set(heaviest, { ...kept, segments: new Map(), members: undefined });
      }
      this.#full.delete(heaviest);
    }
    const [oldest] = this.#states.keys();
    if (this.#states.size > STATES_KEPT && oldest !== undefined) {
      this.#states.delete(oldest);
      this.#full.delete(oldest);
    }
  }

  #need(stream: string, segment: number | 'members'): void {
    const needed = this.#needed.get(stream) ?? new Set();
    // The newest need comes last, and is the last to be let go.
    needed.delete(segment);
    this.#needed.set(stream, needed.add(segment));
  }

  /**
   * Reads the segments, and the members, that commands under way need. A segment may be read with more in it than the
   * head that was read before: then what is decided on it is refused by the log, and both are read again.
   */
  async #withNeeded(
    stream: string,
    tenant: string,
    id: string,
    state: ConversationState,
  ): Promise<ConversationState> {
    let known = state;
    for (const segment of this.#needed.get(stream) ?? []) {
      if (segment === 'members') {
        known = { ...known, ...(await this.#members.of(tenant, id)) };
        continue;
      }
      const doc = new Y.Doc();
      await catchUp(this.#log, streamName(tenant, { kind: 'conversation', id, segment }), doc, 0);
      known = withSegment(known, segment, segmentStateOf(doc));
      doc.destroy();
    }
    return known;
  }

  #doubt(stream: string, segments: readonly number[]): void {
    const known = this.#unsure.get(stream) ?? new Set();
    for (const segment of segments) known.add(segment);
    if (known.size > 0) this.#unsure.set(stream, known);
  }

  /** Shows what a commit of unknown outcome left in the log, before the next event builds on it (law C6). */
  async #resolveDoubts(
    stream: string,
    tenant: string,
    id: string,
    last: ConversationEvent | undefined,
  ): Promise<void> {
    const doubts = this.#unsure.get(stream);
    if (doubts === undefined) return;
    const names = [...doubts].map((segment) =>
      formatAddress({ kind: 'conversation', id, segment }),
    );
    await this.#listener.reread(tenant, names, headOf(id, last));
    this.#unsure.delete(stream);
  }

  async #last(stream: string): Promise<ConversationEvent | undefined> {
    const head = await this.#log.head(stream);
    if (head === 0) return undefined;
    const [record] = await this.#log.read(stream, head - 1, 1);
    return record === undefined ? undefined : readEvent(record);
  }
}

/** @param changed the segment that it tells of; default: the newest */
function headOf(
  conversation: string,
  last: ConversationEvent | undefined,
  changed?: number,
): ConversationHead {
  const { event, sequence } = stateAfter(last);
  const segment = changed ?? (sequence === 0 ? 0 : segmentOf(sequence));
  return { type: 'event', conversation, event, sequence, segment };
}

function withTrace(head: ConversationHead, trace: string | undefined): ConversationHead {
  return trace === undefined ? head : { ...head, trace };
}

/** @throws Error when the record is no event: the database was changed by something else */
function readEvent(record: LogRecord): ConversationEvent {
  return v.parse(conversationEventSchema, JSON.parse(new TextDecoder().decode(record.bytes)));
}

function storedAs(event: ConversationEvent): CommandResult {
  return { outcome: 'stored', event: event.event, sequence: event.sequence, at: timeOf(event) };
}

/** A refusal with the words of the error table. */
function refused(code: ErrorCode): CommandResult & { readonly outcome: 'refused' } {
  return { outcome: 'refused', code, message: errorDefinition(code).message };
}
