import { NAME_MAX, WeftError, isErrorCode } from '@weft/protocol';
import * as v from 'valibot';

/** A guest as this device remembers them: with the secret they are the same person after any expiry. */
const guestSchema = v.object({
  sub: v.pipe(v.string(), v.minLength(1)),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(NAME_MAX)),
  secret: v.pipe(v.string(), v.minLength(1)),
});
export type Guest = v.InferOutput<typeof guestSchema>;

const answerSchema = v.object({
  ...guestSchema.entries,
  token: v.pipe(v.string(), v.minLength(1)),
});
export type SignedIn = v.InferOutput<typeof answerSchema>;

const refusalSchema = v.object({ code: v.string(), message: v.string() });

/** The part of `localStorage` that is used. */
export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'weft.guest';

/** Who signed in on this device before; `undefined` when nobody did, or what is kept cannot be read. */
export function rememberedGuest(storage: Storage): Guest | undefined {
  const text = storage.getItem(KEY);
  if (text === null) return undefined;
  try {
    const parsed = v.safeParse(guestSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

export function rememberGuest(storage: Storage, { sub, name, secret }: Guest): void {
  storage.setItem(KEY, JSON.stringify({ sub, name, secret }));
}

export function forgetGuest(storage: Storage): void {
  storage.removeItem(KEY);
}

/**
 * Asks the server for a guest's token; with a secret, for the guest it belongs to.
 * @throws WeftError with the server's code when it refuses
 * @throws Error when it cannot be reached or answers with something else
 */
export async function signInAsGuest(
  request: { readonly name: string; readonly secret?: string },
  post: typeof fetch = fetch,
): Promise<SignedIn> {
  const response = await post('/auth/guest', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer: unknown = await response.json();
  if (!response.ok) {
    const refusal = v.safeParse(refusalSchema, answer);
    if (refusal.success && isErrorCode(refusal.output.code))
      throw new WeftError(refusal.output.code);
    throw new Error(`The server answered ${response.status} to a sign-in.`);
  }
  return v.parse(answerSchema, answer);
}
