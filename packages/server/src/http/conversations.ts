import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type CommandFrame,
  ID_PATTERN,
  NOTHING_SEEN,
  type Receipt,
  WeftError,
  commandFrameSchema,
  isErrorCode,
  progressOf,
  seenBy,
  unreadOf,
} from '@weft/protocol';
import * as z from 'zod/mini';
import type { Principal } from '../auth/principal.ts';
import type { Talk } from '../conversations/talk.ts';
import { readJson, sendJson } from './json.ts';

/** Conversations for bots and back ends: no socket, no replica. */

export const CONVERSATIONS_PATH = '/api/conversations/';

/** Messages of one answer. */
const PAGE = { default: 100, most: 500 } as const;

/** A message of the longest text, each of its characters escaped. */
const POST_MAX_BYTES = 256 * 1024;

const postSchema = z.object({
  /** A ULID of the caller's: the same one again is the same message (law C3). */
  id: z.string(),
  /** What to say: a text, or a whole body. */
  text: z.optional(z.string()),
  body: z.optional(z.unknown()),
  reply: z.optional(z.unknown()),
});

/**
 * Answers a request below `/api/conversations/`.
 * @throws WeftError of the table; whatever the store throws
 */
export async function answerConversations(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  host: {
    readonly talk: Talk;
    readonly verify: (token: string) => Promise<Principal>;
    /** UTC milliseconds. */
    readonly now: () => number;
  },
): Promise<void> {
  const { talk } = host;
  const [id = '', what = '', which, ...rest] = url.pathname
    .slice(CONVERSATIONS_PATH.length)
    .split('/');
  if (rest.length > 0) throw new WeftError('not-found');
  if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid');
  const principal = await host.verify(tokenOf(request));
  if (request.method === 'POST' && what === 'messages' && which === undefined) {
    const frame = await readPost(request, id, host.now());
    const result = await talk.command(principal, frame);
    if (result.outcome === 'refused') {
      throw new WeftError(isErrorCode(result.code) ? result.code : 'internal');
    }
    const { event, sequence, at } = result;
    sendJson(response, 200, { id: frame.id, event, sequence, at });
    return;
  }
  if (request.method !== 'GET') throw new WeftError('method-not-allowed');
  await talk.mayRead(principal, id);
  const { tenant } = principal;
  const head = await talk.head(tenant, id);
  const receipts = async () => (await talk.receipts(tenant, id)).members;
  if (what === 'receipts' && which === undefined) {
    sendJson(response, 200, { head: head.sequence, members: await receipts() });
  } else if (what === 'unread' && which === undefined) {
    sendJson(response, 200, await unread(talk, principal, id, head.sequence, await receipts()));
  } else if (what === 'messages' && which === undefined) {
    const after = numberOf(url, 'after', 0);
    const limit = Math.min(PAGE.most, numberOf(url, 'limit', PAGE.default));
    const messages = await talk.messages(tenant, id, { after, limit, head: head.sequence });
    sendJson(response, 200, { head: head.sequence, messages });
  } else if (what === 'messages' && which !== undefined) {
    const sequence = Number(which);
    if (!Number.isSafeInteger(sequence) || sequence < 1) throw new WeftError('not-found');
    const page = { after: sequence - 1, limit: 1, head: head.sequence };
    const [message] = await talk.messages(tenant, id, page);
    if (message === undefined) throw new WeftError('not-found');
    const members = await receipts();
    sendJson(response, 200, {
      message,
      progress: progressOf(members, message),
      deliveredTo: members
        .filter(({ person, delivered }) => person !== message.author && delivered >= sequence)
        .map(({ person }) => person),
      readBy: seenBy(members, message).map(({ person }) => person),
      /** Milliseconds from the sender's clock to the commit: true as far as that clock is. */
      sentToStored: message.at - message.sentAt,
    });
  } else {
    throw new WeftError('not-found');
  }
}

/** What the caller has not read, of the oldest page of it. */
async function unread(
  talk: Talk,
  { tenant, sub }: Principal,
  id: string,
  head: number,
  receipts: readonly Receipt[],
) {
  const { read } = receipts.find(({ person }) => person === sub) ?? NOTHING_SEEN;
  const messages = await talk.messages(tenant, id, { after: read, limit: PAGE.most, head });
  const bySequence = new Map(messages.map((message) => [message.sequence, message]));
  const complete = read + messages.length >= head;
  return { ...unreadOf(bySequence, read, sub), head, complete };
}

async function readPost(request: IncomingMessage, id: string, now: number): Promise<CommandFrame> {
  const post = postSchema.safeParse(await readJson(request, POST_MAX_BYTES));
  if (!post.success) throw new WeftError('request-invalid');
  const { text, body = { version: 1, text }, reply } = post.data;
  const frame = commandFrameSchema.safeParse({
    type: 'command',
    id: post.data.id,
    // No device: whoever posts again does so with the same id, and order is the caller's to keep.
    device: 'http',
    counter: 1,
    conversation: id,
    at: now,
    action: { type: 'send', body, ...(reply === undefined ? {} : { reply }) },
  });
  if (!frame.success) throw new WeftError('request-invalid', 'The id must be a ULID.');
  return frame.data;
}

/** @throws WeftError `token-required` */
function tokenOf(request: IncomingMessage): string {
  const [, token] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new WeftError('token-required');
  return token;
}

/** @throws WeftError `request-invalid` */
function numberOf(url: URL, name: string, otherwise: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new WeftError('request-invalid', `${name} must be a number.`);
  }
  return number;
}
