import { type ErrorCode, isErrorCode, messageSchema, naturalSchema } from '@weft/protocol';
import * as v from 'valibot';
import type { Environment } from '../api.ts';
import type { FoundText } from './text-search.ts';

/** What the server answered. */
export type ServerAnswer =
  | { readonly outcome: 'found'; readonly found: readonly FoundText[]; readonly more: boolean }
  | { readonly outcome: 'refused'; readonly code: ErrorCode }
  /** It could not be reached, or what answered is none of ours. */
  | { readonly outcome: 'unreached' };

export interface ServerQuery {
  readonly query: string;
  readonly conversation?: string;
  readonly limit: number;
}

const answerSchema = v.object({
  found: v.array(v.object({ conversation: v.string(), message: messageSchema })),
  next: v.optional(naturalSchema),
});
const errorSchema = v.object({ code: v.string() });

/** By the platform's `fetch`. */
export const platformRequest: NonNullable<Environment['request']> = async (url, options) => {
  const response = await fetch(url, options);
  return { status: response.status, text: await response.text() };
};

/** The most that one page holds. */
const PAGE = 100;

/**
 * Asks the server, page by page, until there are as many as asked for.
 * @param url of the socket, as given to `createWeft`: the search is beside it
 */
export async function askServer(
  url: URL,
  token: string,
  { query, conversation, limit }: ServerQuery,
  request: NonNullable<Environment['request']>,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const found: FoundText[] = [];
  let before: number | undefined;
  while (found.length < limit) {
    const address = new URL('api/search', url);
    address.protocol = url.protocol.replace(/^ws/, 'http');
    address.search = new URLSearchParams({
      q: query,
      limit: String(Math.min(PAGE, limit - found.length)),
      ...(conversation === undefined ? {} : { conversation }),
      ...(before === undefined ? {} : { before: String(before) }),
    }).toString();
    const page = await onePage(address.href, token, request, signal);
    if (page.outcome !== 'page') return page;
    found.push(
      ...page.found.map(({ conversation: place, message }) => {
        const { id, sequence, author, name, at, body } = message;
        return { conversation: place, id, sequence, author, name, at, text: body.text };
      }),
    );
    before = page.next;
    if (before === undefined) break;
  }
  return { outcome: 'found', found, more: before !== undefined };
}

async function onePage(
  address: string,
  token: string,
  request: NonNullable<Environment['request']>,
  signal: AbortSignal,
): Promise<
  | ({ readonly outcome: 'page' } & v.InferOutput<typeof answerSchema>)
  | Exclude<ServerAnswer, { outcome: 'found' }>
> {
  try {
    // Whether a platform of the embedder's hears of it or not.
    signal.throwIfAborted();
    const { status, text } = await request(address, {
      headers: { authorization: `Bearer ${token}` },
      signal,
    });
    const json: unknown = JSON.parse(text);
    if (status === 200) return { outcome: 'page', ...v.parse(answerSchema, json) };
    const { code } = v.parse(errorSchema, json);
    return { outcome: 'refused', code: isErrorCode(code) ? code : 'internal' };
  } catch {
    // No network, or what stands between us and the server answered in its place.
    return { outcome: 'unreached' };
  }
}
