import { type Down, type Role, parseAddress } from '@weft/protocol';
import { reasonOf } from '../logger.ts';
import { plainName } from './document-key.ts';
import type { Follower } from './followers.ts';
import type { Line } from './line.ts';

/** The conversations that one socket hears of: those of which it has a segment open. */
export class Following implements Follower {
  readonly #line: Line;
  /** Conversations whose members were told. */
  #told: Set<string> | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  send(message: Down): void {
    this.#line.send(message);
  }

  /** A document was opened. A segment's conversation is followed first and asked then: a commit in between is told twice rather than not at all. */
  opened(tenant: string, key: string, role: Role): void {
    const conversation = conversationOf(key);
    if (conversation === undefined) return;
    const { host } = this.#line;
    host.follow(this, tenant, conversation);
    this.#say(
      Promise.all([host.head(tenant, conversation), host.receipts(tenant, conversation)]).then(
        ([head, receipts]) => {
          this.send({ ...head, role });
          if (receipts.members.length > 0) this.send(receipts);
        },
      ),
    );
    // Once: what changes is in its segments.
    if (this.#told?.has(conversation) === true) return;
    this.#told ??= new Set();
    this.#told.add(conversation);
    this.#say(host.members(tenant, conversation).then((members) => this.send(members)));
  }

  /** What may be done in a document has changed: a conversation's head says so. */
  changed(tenant: string, key: string, role: Role): void {
    const conversation = conversationOf(key);
    if (conversation === undefined) return;
    this.#say(
      this.#line.host.head(tenant, conversation).then((head) => this.send({ ...head, role })),
    );
  }

  #say(said: Promise<void>): void {
    said.catch((error: unknown) => {
      this.#line.host.logger.error('A conversation could not be read.', {
        reason: reasonOf(error),
      });
      this.#line.bye('storage-failed', { retryAfter: 1000 });
    });
  }

  /**
   * A document was closed.
   * @param open the addresses that are still open
   */
  closed(tenant: string, key: string, open: readonly string[]): void {
    const conversation = conversationOf(key);
    if (conversation === undefined) return;
    if (open.some((other) => conversationOf(other) === conversation)) return;
    this.#told?.delete(conversation);
    this.#line.host.unfollow(this, tenant, conversation);
  }
}

function conversationOf(key: string): string | undefined {
  const address = parseAddress(plainName(key));
  return address?.kind === 'conversation' ? address.id : undefined;
}
