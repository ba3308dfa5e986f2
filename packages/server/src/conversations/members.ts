import {
  type ConversationEvent,
  type Direct,
  type Members,
  type Moves,
  NOBODY,
  commandSchema,
  directSchema,
  membersAfter,
  membersStream,
  messageSchema,
  moverOf,
  personStream,
} from '@weft/protocol';
import type { Log, LogEntry } from '@weft/storage';
import * as v from 'valibot';

/**
 * Who is in which conversation, in two kinds of streams: each conversation's changes of membership, and what one person
 * alone is told. What an event changes in them is appended with it: nothing has to be made up for after a crash.
 */

/** Records per read. */
const PAGE = 1_000;

/** Conversations whose members are kept: asked for at each opening. */
const KEPT = 256;

const utf8 = new TextEncoder();

/** A change of membership as it is kept: what it says, and of which device's commands it was; older records do not say. */
const moveSchema = v.object({
  ...messageSchema.entries,
  ...v.partial(v.pick(commandSchema, ['device', 'counter'])).entries,
});

/** Who is in a conversation, and what devices changed of that last. */
export interface KnownMembers {
  readonly members: Members;
  readonly moves: Moves;
}

/** What a change of membership appends beside its event. */
export function membershipEntries(tenant: string, event: ConversationEvent): readonly LogEntry[] {
  if (event.type !== 'message' || event.message.membership === undefined) return [];
  const { message, command } = event;
  const { author, at } = message;
  const { device, counter } = command;
  const entry = (stream: string, kind: string, value: unknown): LogEntry => ({
    stream,
    key: message.id,
    principal: author,
    kind,
    at,
    bytes: utf8.encode(JSON.stringify(value)),
  });
  return [
    entry(membersStream(tenant, command.conversation), 'membership', {
      ...message,
      device,
      counter,
    }),
    ...[...begunDirects(event)].map(([sub, direct]) =>
      entry(personStream(tenant, sub), 'direct', direct),
    ),
  ];
}

/** Reads members off the log, and keeps those of the conversations asked for last. */
export class MembersReader {
  readonly #log: Pick<Log, 'read'>;
  /** By stream, the one used last at the end. */
  readonly #kept = new Map<string, KnownMembers & { readonly number: number }>();

  constructor(log: Pick<Log, 'read'>) {
    this.#log = log;
  }

  /** Who is in a conversation now. @throws Error when a record is none: the database was changed by something else */
  async of(tenant: string, conversation: string): Promise<KnownMembers> {
    const stream = membersStream(tenant, conversation);
    const before = this.#kept.get(stream);
    let { number, members } = before ?? { number: 0, members: NOBODY };
    const moves = new Map(before?.moves);
    for await (const record of recordsAfter(this.#log, stream, number)) {
      number = record.number;
      const { device, counter, ...message } = v.parse(moveSchema, jsonOf(record.bytes));
      members = membersAfter(members, message);
      if (device === undefined || counter === undefined) continue;
      moves.set(moverOf(message.author, device), { id: message.id, counter });
    }
    this.#kept.delete(stream);
    this.#kept.set(stream, { number, members, moves });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return { members, moves };
  }

  /** The direct conversations of a person, in the order in which they began. */
  async directs(tenant: string, sub: string): Promise<readonly Direct[]> {
    const found: Direct[] = [];
    for await (const { kind, bytes } of recordsAfter(this.#log, personStream(tenant, sub), 0)) {
      if (kind === 'direct') found.push(v.parse(directSchema, jsonOf(bytes)));
    }
    return found;
  }
}

/** What a new direct conversation is to each of its people: `sub` → what they are told. */
export function begunDirects(event: ConversationEvent): ReadonlyMap<string, Direct> {
  if (event.type !== 'message') return new Map();
  const { author, name, at, membership } = event.message;
  const other = membership?.with;
  if (other === undefined) return new Map();
  const { conversation } = event.command;
  return new Map([
    [author, { conversation, person: other, name: '', at }],
    [other, { conversation, person: author, name, at }],
  ]);
}

async function* recordsAfter(log: Pick<Log, 'read'>, stream: string, after: number) {
  for (let number = after; ;) {
    const records = await log.read(stream, number, PAGE);
    yield* records;
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE) return;
    number = last.number;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
