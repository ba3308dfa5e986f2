import {
  type Ack,
  type Command,
  type CommandFrame,
  type ConversationEvent,
  type ConversationHead,
  type ConversationState,
  type ErrorCode,
  conversationEventSchema,
  decide,
  errorDefinition,
  formatAddress,
  readCommand,
  sameEffect,
  segmentOf,
  segmentStateOf,
  stateAfter,
  streamName,
  timeOf,
  withSegment,
} from '@weft/protocol';
import type { Identity, LogRecord, Log, Registry, Store } from '@weft/storage';
import * as Y from 'yjs';
import type { Principal } from '../auth/principal.ts';
import { recordResource } from '../auth/resources.ts';
import { Pipeline } from '../door/pipeline.ts';
import { catchUp } from '../engine/load.ts';
import { type Logger, reasonOf } from '../logger.ts';

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
  /**
   * A commit's outcome was not known, and the log has been read since: these segments may hold more than was shown.
   * Resolves when what is open shows all of it.
   */
  reread(tenant: string, segments: readonly string[], head: ConversationHead): Promise<void>;
}

const utf8 = new TextEncoder();

/** Conversations whose state is kept while nothing is under way: reading a segment costs a few milliseconds. */
const STATES_KEPT = 64;

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
  /** By stream: segments that commands under way need to know. */
  readonly #needed = new Map<string, Set<number>>();
  /** By stream: segments that a commit of unknown outcome may have written to. */
  readonly #unsure = new Map<string, Set<number>>();

  constructor(options: {
    readonly store: Store;
    readonly now: () => number;
    readonly logger: Logger;
    readonly listener: ConversationListener;
  }) {
    this.#log = options.store.log;
    this.#registry = options.store.registry;
    this.#identity = options.store.identity;
    this.#now = options.now;
    this.#logger = options.logger;
    this.#listener = options.listener;
  }

  get busy(): boolean {
    return this.#pipelines.size > 0;
  }

  /** Runs a command of a person who may write in its conversation. Resolves after the commit. */
  async command(principal: Principal, frame: CommandFrame): Promise<CommandResult> {
    const command = readCommand(frame);
    if ('refused' in command) return refused(command.refused);
    const stream = streamName(principal.tenant, { kind: 'conversation', id: command.conversation });
    const key = `${principal.sub}/${command.id}`;
    try {
      return (
        (await this.#repeated(stream, key, command)) ??
        (await this.#append(principal, stream, key, command))
      );
    } catch (error) {
      this.#logger.error('A command could not be run.', { stream, reason: reasonOf(error) });
      return refused('storage-failed');
    }
  }

  /** The newest event of a conversation, as an `event` message. */
  async head(tenant: string, conversation: string): Promise<ConversationHead> {
    const stream = streamName(tenant, { kind: 'conversation', id: conversation });
    const last = await this.#last(stream);
    return headOf(conversation, last);
  }

  /** The result of a command that was stored before, or its refusal when its id now means something else. */
  async #repeated(
    stream: string,
    key: string,
    command: Command,
  ): Promise<CommandResult | undefined> {
    const record = await this.#log.find(stream, key);
    if (record === undefined) return undefined;
    const event = readEvent(record);
    return sameEffect(event.command, command) ? storedAs(event) : refused('command-id-reused');
  }

  #append(
    principal: Principal,
    stream: string,
    key: string,
    command: Command,
  ): Promise<CommandResult> {
    let segments: readonly number[] = [];
    return this.#pipeline(stream, principal.tenant, command.conversation).run<CommandResult>({
      decide: (state) => {
        const decision = decide(state, command, principal, this.#identity.epoch, this.#now());
        if (decision.outcome === 'refuse') return { do: 'answer', result: refused(decision.code) };
        if (decision.outcome === 'read') {
          this.#need(stream, decision.segment);
          return { do: 'reload' };
        }
        const { event, segmentUpdate, next } = decision;
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
              key,
              kind: 'event',
              bytes: utf8.encode(JSON.stringify(event)),
              after: state.event,
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
          ],
          committed: () => {
            if (event.event === 1) this.#record(principal, command.conversation);
            this.#listener.committed(
              principal.tenant,
              formatAddress(segment),
              segmentUpdate,
              headOf(command.conversation, event, event.segment),
            );
            return storedAs(event);
          },
          // Another copy of this command was on its way: the log wrote one, and it answers for both.
          rejected: async () => (await this.#repeated(stream, key, command)) ?? refused('internal'),
        };
      },
      failed: (error) => {
        this.#logger.error('A message could not be stored.', { stream, reason: error.message });
        this.#doubt(stream, segments);
        return refused('storage-failed');
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

  #pipeline(stream: string, tenant: string, conversation: string): Pipeline<ConversationState> {
    const found = this.#pipelines.get(stream);
    if (found !== undefined) return found;
    const initial = this.#states.get(stream);
    this.#states.delete(stream);
    const made = new Pipeline<ConversationState>(
      this.#log,
      async () => {
        const last = await this.#last(stream);
        await this.#resolveDoubts(stream, tenant, conversation, last);
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
    if (state === undefined || state.segments.size === 0) return;
    this.#states.set(stream, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > STATES_KEPT && oldest !== undefined) this.#states.delete(oldest);
  }

  #need(stream: string, segment: number): void {
    const needed = this.#needed.get(stream) ?? new Set();
    // The newest need comes last, and is the last to be let go.
    needed.delete(segment);
    this.#needed.set(stream, needed.add(segment));
  }

  /**
   * Reads the segments that commands under way need. A segment may be read with more in it than the head that was read
   * before: then what is decided on it is refused by the log, and both are read again.
   */
  async #withNeeded(
    stream: string,
    tenant: string,
    id: string,
    state: ConversationState,
  ): Promise<ConversationState> {
    let known = state;
    for (const segment of this.#needed.get(stream) ?? []) {
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

/** @throws Error when the record is no event: the database was changed by something else */
function readEvent(record: LogRecord): ConversationEvent {
  return conversationEventSchema.parse(JSON.parse(new TextDecoder().decode(record.bytes)));
}

function storedAs(event: ConversationEvent): CommandResult {
  return { outcome: 'stored', event: event.event, sequence: event.sequence, at: timeOf(event) };
}

/** A refusal with the words of the error table. */
function refused(code: ErrorCode): CommandResult {
  return { outcome: 'refused', code, message: errorDefinition(code).message };
}
