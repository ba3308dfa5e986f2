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
  /** Where the next page goes on; absent at the end. */
  readonly next?: number;
}

/** Places that are looked at between two looks at everything else that is to be done. */
const STEP = 128;

/**
 * Finds messages by their words, in the conversations that a person may read (law F2). What others alone may read is
 * passed over without a trace: neither the page nor its `next` tells of it.
 * @param stopped whether nobody waits for the answer any more
 * @throws WeftError `query-empty`, `query-too-long`, `forbidden`; `not-found` where the store keeps no texts
 */
export async function searchMessages(
  store: Pick<Store, 'log' | 'texts'>,
  rights: Rights,
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
  /** The place of the last message on the page: no other one may be told. */
  let last: number | undefined;
  while (!stopped()) {
    const step = await texts.find({
      scope: tenant,
      words: read.words,
      limit: STEP,
      ...(before === undefined ? {} : { before }),
      ...(conversation === undefined
        ? {}
        : { stream: streamName(tenant, { kind: 'conversation', id: conversation }) }),
    });
    for (const each of step) {
      const stream = kindOf(each.stream);
      if (stream.kind !== 'conversation' || !(await mayRead(stream.id))) continue;
      // One more than asked for is there: there is a next page.
      if (found.length === limit) return { found, ...(last === undefined ? {} : { next: last }) };
      const message = await readMessage(store, each);
      if (message === undefined) continue;
      found.push({ conversation: stream.id, message });
      last = each.place;
    }
    if (step.length < STEP) break;
    before = step.at(-1)?.place;
  }
  return { found };
}

/** The message as an event wrote it; `undefined` when its text was changed since it was found. */
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
