import * as v from 'valibot';

const answerSchema = v.object({ token: v.string(), sub: v.string() });

/** Signs a new guest in at a server on 127.0.0.1. */
export async function signIn(
  port: number,
  name: string,
): Promise<{ readonly token: string; readonly sub: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/auth/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return v.parse(answerSchema, await response.json());
}
