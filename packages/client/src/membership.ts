import {
  type Member,
  type Members,
  type MembersMessage,
  type Message,
  NOBODY,
  type Outbox,
  membersAfter,
  membersSchema,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import * as v from 'valibot';
import type { ConversationMembers, OwnMembership } from './api.ts';
import { type Derived, derived } from './observable.ts';

export interface MembershipOptions {
  readonly conversation: string;
  readonly store: DeviceStore;
  /** By sequence. */
  readonly messages: ReadonlyMap<number, Message>;
  /** The `sub` of the person, once it is known. */
  readonly me: () => string | undefined;
  /** What waits in this conversation. */
  readonly outbox: () => Outbox;
}

/** Who is in, up to and with a sequence. */
interface Known {
  readonly sequence: number;
  readonly members: Members;
}

const NOTHING: Known = { sequence: 0, members: NOBODY };

/**
 * Who is in a conversation: as the server told when it was opened, and changed by each change that is in the
 * conversation itself (law C13). Kept on the device, so that it is there without a network.
 */
export class Membership {
  readonly view: Derived<ConversationMembers>;
  /** Resolves when what the device keeps was read, or could not be. */
  readonly loaded: Promise<void>;
  /** Settles when what begins a direct conversation is queued; `undefined` while nothing is being queued. */
  beginning: Promise<string> | undefined;
  readonly #options: MembershipOptions;
  #known: Known = NOTHING;
  /** Every message up to this one is here. */
  #here = 0;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.view = derived(() => this.#compute(), sameMembers);
    this.loaded = options.store.get(this.#key).then(
      (kept) => this.#take(readKept(kept)),
      // A device that cannot be read: the server tells.
      () => undefined,
    );
  }

  /** Whether nobody is in yet, and nobody here is about to be: a direct conversation is to begin. */
  get empty(): boolean {
    const begins = this.beginning !== undefined || this.#waiting()?.state === 'queued';
    return this.#known.members.size === 0 && !begins;
  }

  /** What begins a direct conversation is being queued: a second message of the same turn does not begin it again. */
  begin(queued: Promise<string>): Promise<string> {
    const beginning = queued.finally(() => {
      this.beginning = undefined;
    });
    this.beginning = beginning;
    return beginning;
  }

  /** The server told who is in. */
  heard(told: { readonly sequence: number; readonly members: readonly Member[] }): void {
    this.#take({ sequence: told.sequence, members: byPerson(told.members) });
  }

  /** Every message up to a sequence is here. */
  arrived(sequence: number): void {
    this.#here = sequence;
    if (sequence > this.#known.sequence) this.#follow();
  }

  /** The outbox changed. */
  changed(): void {
    this.view.notify();
  }

  /** The sequences mean other messages now. */
  reset(): void {
    this.#known = NOTHING;
    this.#here = 0;
    this.#keep();
    this.view.notify();
  }

  get #key(): string {
    return `members/${this.#options.conversation}`;
  }

  #take(known: Known): void {
    if (known.sequence < this.#known.sequence) return;
    this.#known = known;
    this.#follow();
    this.#keep();
    this.view.notify();
  }

  /** Takes in the changes that came after what is known. */
  #follow(): void {
    const { messages } = this.#options;
    let { sequence, members } = this.#known;
    for (; sequence < this.#here; sequence += 1) {
      const message = messages.get(sequence + 1);
      // What is left for later may say that somebody came: from here on only the server knows, and tells.
      if (message === undefined) break;
      members = membersAfter(members, message);
    }
    const changed = members !== this.#known.members;
    this.#known = { sequence, members };
    if (!changed) return;
    this.#keep();
    this.view.notify();
  }

  /** What is not kept is told again by the server. */
  #keep(): void {
    const { sequence, members } = this.#known;
    const { conversation, store } = this.#options;
    const told: MembersMessage = {
      type: 'members',
      conversation,
      sequence,
      members: [...members.values()],
    };
    store.set(this.#key, JSON.stringify(told)).catch(() => undefined);
  }

  /** The newest of this device's own changes that is not stored. */
  #waiting() {
    const entry = this.#options
      .outbox()
      .findLast(({ command: { action } }) => action.type === 'join' || action.type === 'leave');
    if (entry === undefined) return undefined;
    const { id, action } = entry.command;
    return { ...entry.state, id, action: action.type === 'join' ? 'join' : 'leave' } as const;
  }

  #compute(): ConversationMembers {
    const me = this.#options.me();
    const { members } = this.#known;
    return {
      members: [...members.values()].toSorted((a, b) => a.since - b.since),
      own: this.#own(me !== undefined && members.has(me)),
    };
  }

  #own(isIn: boolean): OwnMembership {
    const waiting = this.#waiting();
    if (waiting === undefined) return { state: isIn ? 'in' : 'out' };
    const { id, action } = waiting;
    if (waiting.state === 'queued') return { state: action === 'join' ? 'joining' : 'leaving' };
    const { code, message } = waiting;
    return { state: 'failed', id, action, in: isIn, code, reason: message };
  }
}

function readKept(kept: string | undefined): Known {
  if (kept === undefined) return NOTHING;
  try {
    const parsed = v.safeParse(membersSchema, JSON.parse(kept));
    if (!parsed.success) return NOTHING;
    return { sequence: parsed.output.sequence, members: byPerson(parsed.output.members) };
  } catch {
    // Damaged on the device: the server tells it again.
    return NOTHING;
  }
}

function byPerson(members: readonly Member[]): Members {
  return new Map(members.map((member) => [member.person, member]));
}

function sameMembers(a: ConversationMembers, b: ConversationMembers): boolean {
  return (
    JSON.stringify(a.own) === JSON.stringify(b.own) &&
    a.members.length === b.members.length &&
    a.members.every((member, index) => {
      const other = b.members[index];
      return (
        member.person === other?.person &&
        member.name === other.name &&
        member.since === other.since
      );
    })
  );
}
