import { type ConversationEvent, type Message, membersStream, messageSchema } from '@weft/protocol';
import * as v from 'valibot';
import type { ReadableLog } from '../engine/load.ts';
import { reasonOf } from '../logger.ts';

/** Records per read. */
const PAGE = 1_000;

/** A conversation's record of who came and left says what its events say, in their order (law C13). */
export async function checkMembers(
  log: ReadableLog,
  tenant: string,
  conversation: string,
  events: readonly ConversationEvent[],
): Promise<readonly string[]> {
  const stream = membersStream(tenant, conversation);
  const due = events.flatMap((event) =>
    event.type === 'message' && event.message.membership !== undefined ? [event.message] : [],
  );
  const inside = new Set<string>();
  const problems = due.flatMap((message) => problemOf(message, inside, stream));
  const kept: string[] = [];
  try {
    for (let number = 0; ;) {
      const records = await log.read(stream, number, PAGE);
      kept.push(...records.map(({ bytes }) => read(bytes)));
      const last = records.at(-1);
      if (last === undefined || records.length < PAGE) break;
      number = last.number;
    }
  } catch (error) {
    return [...problems, `${stream}: ${reasonOf(error)}`];
  }
  const wrong = kept.findIndex((record, index) => record !== JSON.stringify(due[index]));
  if (wrong !== -1) problems.push(`${stream}: record ${wrong + 1} is not what its event says`);
  else if (kept.length < due.length) {
    problems.push(`${stream}: ${due.length - kept.length} changes of its events are missing`);
  }
  return problems;
}

/** As an event is read, so that both are written alike. */
function read(bytes: Uint8Array): string {
  return JSON.stringify(v.parse(messageSchema, JSON.parse(new TextDecoder().decode(bytes))));
}

/** Nobody comes in twice, or leaves what they are not in. */
function problemOf(message: Message, inside: Set<string>, stream: string): readonly string[] {
  const { author, membership, sequence } = message;
  const joins = membership?.change === 'joined';
  const wrong = inside.has(author) === joins;
  if (joins) for (const person of [author, membership.with ?? author]) inside.add(person);
  else inside.delete(author);
  return wrong ? [`${stream}: sequence ${sequence} changes nothing`] : [];
}
