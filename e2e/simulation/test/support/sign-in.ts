import * as z from 'zod/mini';

const answerSchema = z.object({ token: z.string(), sub: z.string() });

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
  return answerSchema.parse(await response.json());
}
