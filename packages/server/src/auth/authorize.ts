import { type Resource, type Role, WeftError, formatResource, roleSchema } from '@weft/protocol';
import * as v from 'valibot';
import { type Logger, reasonOf } from '../logger.ts';
import type { Principal } from './principal.ts';

/** Who asks, and for what: `workspace/<id>`, `document/<id>` or `conversation/<id>`. */
export interface AuthorizeQuestion {
  readonly tenant: string;
  readonly sub: string;
  readonly name: string;
  readonly resource: string;
}

/**
 * The embedder's say in rights: a role, or `null` for none. It is final. One that throws, or does not answer in time,
 * gives nothing, and the client comes back to ask.
 */
export type Authorize = (
  question: AuthorizeQuestion,
  signal: AbortSignal,
) => Promise<Role | null> | Role | null;

/** Milliseconds. */
const TIMING = {
  /** An answer that takes longer is none. */
  answer: 3_000,
  /** So long an answer holds for further questions: a message is asked for, a document opened, again and again. */
  keep: 5_000,
} as const;

/** Answers that are kept; the oldest go first. */
const KEPT_MAX = 10_000;

/** Asks the embedder, and keeps the answers for a moment. */
export class Authorizer {
  readonly #authorize: Authorize;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By tenant, person and resource, oldest first. */
  readonly #kept = new Map<
    string,
    { readonly at: number; readonly role: Promise<Role | undefined> }
  >();

  /** @param now UTC milliseconds */
  constructor(authorize: Authorize, logger: Logger, now: () => number) {
    this.#authorize = authorize;
    this.#logger = logger;
    this.#now = now;
  }

  /** @throws WeftError `rights-unavailable` when there is no answer, or none that can be read */
  ask({ tenant, sub, name }: Principal, resource: Resource): Promise<Role | undefined> {
    const question = { tenant, sub, name, resource: formatResource(resource) };
    const key = `${tenant}/${sub}/${question.resource}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#now() - kept.at < TIMING.keep) return kept.role;
    const entry = { at: this.#now(), role: this.#answer(question) };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    // A failure is asked again by the next.
    entry.role.catch(() => {
      if (this.#kept.get(key) === entry) this.#kept.delete(key);
    });
    return entry.role;
  }

  /** Answers about this person (about everybody in the tenant, without one) count no more. */
  forget(tenant: string, sub?: string): void {
    const prefix = sub === undefined ? `${tenant}/` : `${tenant}/${sub}/`;
    for (const key of this.#kept.keys()) if (key.startsWith(prefix)) this.#kept.delete(key);
  }

  async #answer(question: AuthorizeQuestion): Promise<Role | undefined> {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(new Error('it took too long'));
      }, TIMING.answer);
    });
    try {
      const answer = await Promise.race([(async () => this.#authorize(question, signal))(), late]);
      return v.parse(v.nullable(roleSchema), answer) ?? undefined;
    } catch (error) {
      this.#logger.error('Who may do what could not be asked; nothing is allowed.', {
        resource: question.resource,
        reason: reasonOf(error),
      });
      throw new WeftError('rights-unavailable', undefined, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a webhook answers. */
const answerSchema = v.object({ role: v.nullable(roleSchema) });

/** Bytes of an answer. */
const ANSWER_MAX_BYTES = 4096;

/**
 * `Authorize` by a webhook: `POST url` with `{tenant, sub, name, resource}` and `Authorization: Bearer <secret>`, answered
 * with status 200 and `{"role": "owner" | "editor" | "commenter" | "reader" | null}`. Anything else gives nothing.
 */
export function webhookAuthorize(options: {
  readonly url: URL;
  readonly secret: string;
}): Authorize {
  return async (question, signal) => {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${options.secret}`,
      },
      body: JSON.stringify(question),
      // What is trusted is this address, and not wherever it may lead.
      redirect: 'error',
      signal,
    });
    if (response.status !== 200) throw new Error(`it answers with status ${response.status}`);
    const text = await response.text();
    if (text.length > ANSWER_MAX_BYTES) throw new Error('its answer is too long');
    return v.parse(answerSchema, JSON.parse(text)).role;
  };
}
