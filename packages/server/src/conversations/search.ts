import {
  type Message,
  WeftError,
  conversationEventSchema,
  messageOf,
  readQuery,
  streamName,
} from '@weft/protocol';
import type { Store, TextFound } from '@weft/storage';
import * as v from 'valibot';
import type { Principal } from '../auth/principal.ts';
import type { Rights } from '../auth/rights.ts';
import { kindOf } from '../check/streams.ts';

/** What somebody searches for. */
export interface SearchRequest {
  readonly query: string;
  /** Only in this conversation. */
  readonly conversation?: string;
  /** `next` of the page before. */
  readonly before?: number;
  readonly limit: number;
}

/** A page of messages, the newest first. */
export interface SearchPage {
  readonly found: readonly { readonly conversation: string; readonly message: Message }[];
  /** Where the next page goes on, also behind a short one; absent at the end. */
  readonly next?: number;
}

/** Hits that are looked at between two looks at everything else that is to be done: few at first, more to pass over. */
const STEP = { first: 128, most: 2_048 } as const;

/**
 * Places that one request looks through, and up to twice as many: whatever is in them, so that where a page ends says
 * nothing of what the caller may not read. A multiple of it is where a pass ends: nor does it say how many there are.
 */
export const PASS_PLACES = 131_072;

/**
 * Finds messages by their words, in the conversations that a person may read (law F2). What others alone may read is
 * passed over without a trace: neither the page nor its `next` tells of it. One request passes over so much and no more
 * (law F4): a page may be short, or empty, and have a next one.
 * @param stopped whether nobody waits for the answer any more
 * @throws WeftError `query-empty`, `query-too-long`, `forbidden`; `not-found` where the store keeps no texts
 */
export async function searchMessages(
  store: Pick<Store, 'log' | 'texts'>,
  rights: Pick<Rights, 'roleOf'>,
  principal: Principal,
  request: SearchRequest,
  stopped: () => boolean,
): Promise<SearchPage> {
  const { texts } = store;
  if (texts === undefined) throw new WeftError('not-found');
  const read = readQuery(request.query);
  if (read.outcome === 'refused') throw new WeftError(read.code);
  const { tenant } = principal;
  const { conversation, limit } = request;
  const readable = new Map<string, boolean>();
  const mayRead = async (id: string): Promise<boolean> => {
    const known = readable.get(id);
    if (known !== undefined) return known;
    const may = (await rights.roleOf(principal, { kind: 'conversation', id })) !== undefined;
    readable.set(id, may);
    return may;
  };
  if (conversation !== undefined && !(await mayRead(conversation)))
    throw new WeftError('forbidden');

  const found: { conversation: string; message: Message }[] = [];
  let { before } = request;
  // Of one conversation all hits may be read, and there is nothing to pass over.
  const from =
    conversation === undefined ? passEnd(before ?? (await texts.newest()) + 1) : undefined;
  /** The place of the last message on the page: no other one may be told. */
  let last: number | undefined;
  let step: number = STEP.first;
  while (!stopped()) {
    const hits = await texts.find({
      scope: tenant,
      words: read.words,
      limit: step,
      ...(before === undefined ? {} : { before }),
      ...(from === undefined ? {} : { from }),
      ...(conversation === undefined
        ? {}
        : { stream: streamName(tenant, { kind: 'conversation', id: conversation }) }),
    });
    for (const each of hits) {
      const stream = kindOf(each.stream);
      if (stream.kind !== 'conversation') continue;
      // Most have been asked about: to wait for each would cost a turn of the microtasks for every hit.
      if (!(readable.get(stream.id) ?? (await mayRead(stream.id)))) continue;
      // One more than asked for is there: there is a next page.
      if (found.length === limit) return { found, ...(last === undefined ? {} : { next: last }) };
      const message = await readMessage(store, each);
      if (message === undefined) continue;
      found.push({ conversation: stream.id, message });
      last = each.place;
    }
    if (hits.length < step) break;
    before = hits.at(-1)?.place;
    step = Math.min(STEP.most, step * 4);
  }
  return { found, ...(from === undefined || from === 0 ? {} : { next: from }) };
}

/** The place down to which a request looks that begins before another one. */
function passEnd(before: number): number {
  return Math.max(0, Math.ceil(before / PASS_PLACES) - 2) * PASS_PLACES;
}

/**
 * The message with the text that was found, as its event wrote it: the log keeps that when the text is changed, so what was
 * changed after the look at the index is answered as it was then (law F1 holds from look to look). `undefined` for a record
 * that is no message with that number.
 */
async function readMessage(
  { log }: Pick<Store, 'log'>,
  { stream, number, item }: TextFound,
): Promise<Message | undefined> {
  const [record] = await log.read(stream, number - 1, 1);
  if (record?.number !== number) return undefined;
  const event = v.parse(
    conversationEventSchema,
    JSON.parse(new TextDecoder().decode(record.bytes)),
  );
  const message = messageOf(event);
  return message?.sequence === item ? message : undefined;
}
