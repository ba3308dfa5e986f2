import { type Timings, timingsSchema } from '@weft/protocol';
import * as v from 'valibot';

/**
 * Asks the server how long the messages of a conversation take.
 * @throws Error when it cannot be reached, refuses, or answers with something else
 */
export async function askTimings(
  conversation: string,
  token: string,
  get: typeof fetch = fetch,
): Promise<Timings> {
  const response = await get(`/api/conversations/${conversation}/timings`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`The server answered ${response.status} to a question.`);
  return v.parse(timingsSchema, await response.json());
}
