import { idSchema } from '@weft/protocol';
import * as v from 'valibot';
import type { Awareness } from 'y-protocols/awareness';
import type { Environment, Typist } from './api.ts';
import { type Signal, signal } from './observable.ts';

/** Milliseconds. */
const TIMING = {
  /** Between two signs of life while one types on. */
  renew: 2_000,
  /** Without a key: the person thinks, or has gone. */
  pause: 4_000,
  /** Without a sign of life of somebody else: their device is gone, and took no leave. */
  silence: 6_000,
} as const;

/** Somebody's state, with what the server says of who they are. */
const stateSchema = v.object({
  typing: v.literal(true),
  user: v.object({ sub: idSchema, name: v.string() }),
});

/**
 * Who is typing in a conversation, told by the presence in its first segment: there is a state only while somebody
 * types, so that a conversation that is only read costs nobody a frame.
 */
export class Typing {
  readonly people: Signal<readonly Typist[]> = signal([]);
  readonly #awareness: Awareness;
  readonly #env: Environment;
  readonly #me: () => string | undefined;
  readonly #onUpdate: (change: { readonly added: number[]; readonly updated: number[] }) => void;
  /** When each client was last heard, this device's clock. */
  readonly #heard = new Map<number, number>();
  #cancelSilence: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(awareness: Awareness, env: Environment, me: () => string | undefined) {
    this.#awareness = awareness;
    this.#env = env;
    this.#me = me;
    this.#onUpdate = ({ added, updated }) => {
      for (const client of [...added, ...updated]) this.#heard.set(client, env.now());
      this.#look();
    };
    awareness.on('update', this.#onUpdate);
    this.#look();
  }

  /** The person pressed a key. */
  key(): void {
    const env = this.#env;
    this.#cancelPause?.();
    this.#cancelPause = env.timer(TIMING.pause, () => this.stop());
    if (env.now() - this.#saidAt < TIMING.renew) return;
    this.#saidAt = env.now();
    this.#awareness.setLocalState({ typing: true });
  }

  /** What they typed was sent, or is gone. */
  stop(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#saidAt = Number.NEGATIVE_INFINITY;
    if (this.#awareness.getLocalState() !== null) this.#awareness.setLocalState(null);
  }

  close(): void {
    this.stop();
    this.#cancelSilence?.();
    this.#awareness.off('update', this.#onUpdate);
    this.people.set([]);
  }

  /** Shows whoever was heard a moment ago, each person once. */
  #look(): void {
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
    const now = this.#env.now();
    const found = new Map<string, Typist>();
    let next = Number.POSITIVE_INFINITY;
    for (const [client, state] of this.#awareness.getStates()) {
      const left = (this.#heard.get(client) ?? now) + TIMING.silence - now;
      if (client === this.#awareness.clientID || left <= 0) continue;
      const parsed = v.safeParse(stateSchema, state);
      if (!parsed.success) continue;
      const { sub, name } = parsed.output.user;
      if (sub === this.#me()) continue;
      found.set(sub, { person: sub, name });
      next = Math.min(next, left);
    }
    for (const client of this.#heard.keys()) {
      if (!this.#awareness.getStates().has(client)) this.#heard.delete(client);
    }
    const people = [...found.values()].toSorted((a, b) => (a.person < b.person ? -1 : 1));
    if (JSON.stringify(people) !== JSON.stringify(this.people.get())) this.people.set(people);
    if (next < Number.POSITIVE_INFINITY) {
      this.#cancelSilence = this.#env.timer(next, () => this.#look());
    }
  }
}
