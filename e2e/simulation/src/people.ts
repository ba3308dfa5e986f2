import { type Role, WeftError, parseAddress, resourceOf, roleFromGrants } from '@weft/protocol';
import type { AuthorizeQuestion, Principal } from '@weft/server';
import { SIM_EPOCH } from '@weft/testkit/sim';
import { ADVERSARY, CONVERSATION, READ_ONLY, TENANT, subOf } from './rules.ts';

/** A token with an end: whose it is, and its number among all. */
const ISSUED = /^(.+)~\d+$/;

/** What somebody lost, and gets back. */
interface Loss {
  /** When the server was told, virtual milliseconds. */
  readonly since: number;
  /** When it was given back. */
  until: number | undefined;
}

/** Who there is, what tokens they were issued, and what they may do: what a company's own directory would know. */
export class People {
  readonly #now: () => number;
  readonly #life: number | undefined;
  readonly #principals = new Map<string, Principal>();
  readonly #issued = new Map<string, number>();
  /** By person and resource. */
  readonly #losses = new Map<string, Loss>();

  /** @param life milliseconds for which a token is good; for ever without it */
  constructor(options: {
    readonly tabs: readonly string[];
    readonly life: number | undefined;
    readonly now: () => number;
  }) {
    this.#now = options.now;
    this.#life = options.life;
    for (const person of options.tabs) this.#add(person, [{ resource: '*', role: 'editor' }]);
    this.#add('reader', [{ resource: '*', role: 'reader' }]);
    this.#add(ADVERSARY, [
      { resource: 'document/a', role: 'editor' },
      { resource: 'workspace/main', role: 'editor' },
      { resource: `conversation/${CONVERSATION}`, role: 'editor' },
      { resource: READ_ONLY, role: 'reader' },
    ]);
  }

  /** A new token of a person. */
  issue(person: string): string {
    if (this.#life === undefined) return person;
    const token = `${person}~${this.#issued.size + 1}`;
    this.#issued.set(token, this.#now() + this.#life);
    return token;
  }

  /** Virtual milliseconds until which a token is good; `undefined` for ever. */
  expiryOf(token: string): number | undefined {
    return this.#issued.get(token);
  }

  /** The person behind a token. @throws WeftError */
  verify(token: string): Principal {
    const expires = this.#issued.get(token);
    const person = expires === undefined ? token : (ISSUED.exec(token)?.[1] ?? '');
    const principal = this.#principals.get(person);
    if (principal === undefined) throw new WeftError('token-invalid');
    if (expires === undefined) return principal;
    if (expires <= this.#now()) throw new WeftError('token-expired');
    return { ...principal, expires: SIM_EPOCH + Math.floor(expires) };
  }

  /** What somebody may do. */
  roleOf({ sub, resource }: Pick<AuthorizeQuestion, 'sub' | 'resource'>): Role | null {
    if (this.lostFor(sub, resource) !== undefined) return null;
    for (const principal of this.#principals.values()) {
      const parsed = parseAddress(
        resource.startsWith('conversation/') ? `${resource}/0` : resource,
      );
      if (principal.sub !== sub || parsed === undefined) continue;
      return roleFromGrants(principal.grants ?? [], resourceOf(parsed)) ?? null;
    }
    return null;
  }

  /** Somebody may do nothing with a resource any more. @returns whether that is new */
  take(sub: string, resource: string): boolean {
    if (this.lostFor(sub, resource) !== undefined) return false;
    this.#losses.set(`${sub} ${resource}`, { since: this.#now(), until: undefined });
    return true;
  }

  /** They get it back. @returns whether they had lost it */
  give(sub: string, resource: string): boolean {
    const loss = this.#losses.get(`${sub} ${resource}`);
    if (loss === undefined || loss.until !== undefined) return false;
    loss.until = this.#now();
    return true;
  }

  /** Milliseconds since somebody lost a resource that they do not have now. */
  lostFor(sub: string, resource: string): number | undefined {
    const loss = this.#losses.get(`${sub} ${resource}`);
    return loss === undefined || loss.until !== undefined ? undefined : this.#now() - loss.since;
  }

  /** Whether somebody was ever without a resource: what was on its way then may be refused whenever it comes. */
  everLost(sub: string, resource: string): boolean {
    return this.#losses.has(`${sub} ${resource}`);
  }

  #add(token: string, grants: Principal['grants']): void {
    const sub = subOf(token);
    this.#principals.set(token, { tenant: TENANT, sub, name: token, grants, expires: undefined });
  }
}

/** What rights to an address are rights to. */
export function resourceAt(address: string): string {
  return address.split('/').slice(0, 2).join('/');
}
