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
import * as v from 'valibot';
import type { Principal } from '../auth/principal.ts';
import type { Talk } from '../conversations/talk.ts';
import { beginMessage, endMessage } from '../telemetry/message.ts';
import { type Tracing, within } from '../telemetry/trace.ts';
import { numberOf, readJson, sendJson, tokenOf } from './json.ts';

/** Conversations for bots and back ends: no socket, no replica. */

export const CONVERSATIONS_PATH = '/api/conversations/';

/** Messages of one answer. */
const PAGE = { default: 100, most: 500 } as const;

/** A message of the longest text, each of its characters escaped. */
const POST_MAX_BYTES = 256 * 1024;

/** What is posted to say something. */
export const postSchema = v.object({
  /** A ULID of the caller's: the same one again is the same message (law C3). */
  id: v.string(),
  /** What to say: a text, or a whole body. */
  text: v.optional(v.string()),
  body: v.optional(v.unknown()),
  reply: v.optional(v.unknown()),
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
    readonly tracing: Tracing | undefined;
  },
): Promise<void> {
  const { talk } = host;
  const [id = '', what = '', which, part, ...rest] = url.pathname
    .slice(CONVERSATIONS_PATH.length)
    .split('/');
  if (rest.length > 0 || (part !== undefined && part !== 'revisions'))
    throw new WeftError('not-found');
  if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid');
  const principal = await host.verify(tokenOf(request));
  if (request.method === 'POST' && what === 'messages' && which === undefined) {
    const posted = await readPost(request, id, host.now());
    const { trace, command: frame } = beginMessage(host.tracing, posted);
    const result = await within(trace, () => talk.command(principal, frame)).catch(
      (error: unknown) => {
        trace?.end({ 'weft.outcome': 'refused' }, !(error instanceof WeftError));
        throw error;
      },
    );
    endMessage(trace, result);
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
  } else if (what === 'members' && which === undefined) {
    const { sequence, members } = await talk.members(tenant, id);
    sendJson(response, 200, { head: sequence, members });
  } else if (what === 'timings' && which === undefined) {
    sendJson(response, 200, talk.timings(tenant, id));
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
    if (part === 'revisions') {
      sendJson(response, 200, await talk.revisions(tenant, id, message));
      return;
    }
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
      /** Under which trace its newest text was sent; only where its device or the server traced it. */
      trace: await talk.traceOf(tenant, id, message),
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
  const post = v.safeParse(postSchema, await readJson(request, POST_MAX_BYTES));
  if (!post.success) throw new WeftError('request-invalid');
  const { text, body = { version: 1, text }, reply } = post.output;
  const frame = v.safeParse(commandFrameSchema, {
    type: 'command',
    id: post.output.id,
    // No device: whoever posts again does so with the same id, and order is the caller's to keep.
    device: 'http',
    counter: 1,
    conversation: id,
    at: now,
    action: { type: 'send', body, ...(reply === undefined ? {} : { reply }) },
  });
  if (!frame.success) throw new WeftError('request-invalid', 'The id must be a ULID.');
  return frame.output;
}
