import {
  type Command,
  type ConversationState,
  DEFAULT_TENANT,
  EMPTY_CONVERSATION,
  decide,
  streamName,
  textOfEvent,
  timeOf,
} from '@weft/protocol';
import type { Log, LogEntry } from '@weft/storage';
import { createRandom } from './sim/random.ts';

export interface SeedOptions {
  readonly conversation: string;
  readonly messages: number;
  /** Who speaks, in turns of a few messages. */
  readonly people: readonly { readonly sub: string; readonly name: string }[];
  /** When the first and the last message were committed, UTC milliseconds; the others lie between them. */
  readonly from: number;
  readonly to: number;
  /** The server's epoch. Default 1, which is that of a new database. */
  readonly epoch?: number;
  readonly tenant?: string;
}

/** Events per append. */
const BATCH = 500;

const WORDS =
  'the of and to in is that for it with as was on be at by this had not are but from or have an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do'.split(
    ' ',
  );

/**
 * Writes a long conversation into the log of a server that does not run, as that server would have: each event, its
 * segment's update and what a search finds of it are one append. The same options write the same bytes. The conversation
 * must be empty.
 */
export async function seedConversation(
  log: Pick<Log, 'append'>,
  options: SeedOptions,
): Promise<void> {
  const { conversation, messages, people, from, to, epoch = 1, tenant = DEFAULT_TENANT } = options;
  const random = createRandom(`seed of ${conversation}`);
  let state: ConversationState = EMPTY_CONVERSATION;
  let speaker = people[0];
  let entries: LogEntry[] = [];
  for (let at = 1; at <= messages; at += 1) {
    if (random.int(1, 3) === 1) speaker = random.pick(people);
    if (speaker === undefined) throw new TypeError('Nobody speaks.');
    const words = Array.from({ length: random.int(3, 24) }, () => random.pick(WORDS));
    const instant = Math.round(from + ((to - from) * (at - 1)) / Math.max(1, messages - 1));
    const command: Command = {
      type: 'command',
      id: idOf(at),
      device: `device-${speaker.sub}`,
      counter: at,
      conversation,
      at: instant,
      action: { type: 'send', body: { version: 1, text: `${at}: ${words.join(' ')}` } },
    };
    const decision = decide(state, command, speaker, epoch, instant);
    if (decision.outcome !== 'append') {
      throw new TypeError(`Message ${at} was not taken: ${JSON.stringify(decision)}`);
    }
    const { event, segmentUpdate, next } = decision;
    const common = { principal: speaker.sub, at: timeOf(event) };
    const bytes = new TextEncoder().encode(JSON.stringify(event));
    const stream = streamName(tenant, { kind: 'conversation', id: conversation });
    const text = textOfEvent(event);
    entries.push({
      ...{ ...common, stream, key: command.id, kind: 'event', bytes },
      ...(text === undefined ? {} : { text: { scope: tenant, ...text } }),
    });
    if (segmentUpdate !== undefined) {
      const segment = { kind: 'conversation', id: conversation, segment: event.segment } as const;
      const updates = streamName(tenant, segment);
      entries.push({ ...common, stream: updates, kind: 'update', bytes: segmentUpdate });
    }
    state = next;
    if (at % BATCH !== 0 && at < messages) continue;
    const result = await log.append(entries);
    if (result.outcome !== 'appended') {
      throw new TypeError(`The log did not take the messages: ${result.outcome}`);
    }
    entries = [];
  }
}

/** A ULID that says which message it is of. */
function idOf(at: number): string {
  return `01SEED${String(at).padStart(20, '0')}`;
}
