import type { IncomingMessage, ServerResponse } from 'node:http';
import { ID_PATTERN, WeftError } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import type { Talk } from '../conversations/talk.ts';
import { numberOf, sendJson, tokenOf } from './json.ts';

export const SEARCH_PATH = '/api/search';

/** Messages of one answer. */
const PAGE = { default: 50, most: 100 } as const;

/**
 * Answers a search over all conversations that the caller may read.
 * @throws WeftError of the table; whatever the store throws
 */
export async function answerSearch(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  host: {
    readonly talk: Talk;
    readonly verify: (token: string) => Promise<Principal>;
  },
): Promise<void> {
  if (request.method !== 'GET') throw new WeftError('method-not-allowed');
  const principal = await host.verify(tokenOf(request));
  const conversation = url.searchParams.get('conversation') ?? undefined;
  if (conversation !== undefined && !ID_PATTERN.test(conversation)) {
    throw new WeftError('name-invalid');
  }
  const before = url.searchParams.has('before') ? numberOf(url, 'before', 0) : undefined;
  const page = await host.talk.search(
    principal,
    {
      query: url.searchParams.get('q') ?? '',
      limit: Math.min(PAGE.most, Math.max(1, numberOf(url, 'limit', PAGE.default))),
      ...(conversation === undefined ? {} : { conversation }),
      ...(before === undefined ? {} : { before }),
    },
    // Whoever types on asks anew, and waits for the answer before no more.
    () => response.destroyed,
  );
  sendJson(response, 200, page);
}
