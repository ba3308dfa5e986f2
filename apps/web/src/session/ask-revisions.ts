import { type Revisions, revisionsSchema } from '@weft/protocol';
import * as v from 'valibot';

/**
 * Asks the server for the texts that a message had: a device keeps the present one.
 * @throws Error when it cannot be reached, refuses, or answers with something else
 */
export async function askRevisions(
  conversation: string,
  sequence: number,
  token: string,
  get: typeof fetch = fetch,
): Promise<Revisions> {
  const response = await get(`/api/conversations/${conversation}/messages/${sequence}/revisions`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`The server answered ${response.status} to a question.`);
  return v.parse(revisionsSchema, await response.json());
}
