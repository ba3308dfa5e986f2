import type { Environment } from './api.ts';
import { type Signal, signal } from './observable.ts';
import { type TabMessage, decodeTabMessage, encodeTabMessage } from './tab-message.ts';

export interface TabsOptions {
  readonly env: Environment;
  /** What tabs of one device share; nothing where a client is alone. */
  readonly name: string | undefined;
  readonly receive: (message: TabMessage) => void;
}

/**
 * The same person's tabs on this device: what they say to each other, and which one of them does what is to be done
 * once (the *lead*: it sends the outbox and what waits on the device, and folds records). A tab that closes or crashes
 * passes the lead on at once, since the browser does so. A client alone leads.
 */
export class Tabs {
  readonly lead: Signal<boolean>;
  readonly #options: TabsOptions;
  readonly #channel: ReturnType<NonNullable<Environment['channel']>> | undefined;
  #release: (() => void) | undefined;
  /** The present asking for the lead. */
  #stand: object | undefined;

  constructor(options: TabsOptions) {
    this.#options = options;
    const { env, name, receive } = options;
    this.#channel =
      name === undefined
        ? undefined
        : env.channel?.(name, (data) => {
            const message = decodeTabMessage(data);
            if (message !== undefined) receive(message);
          });
    this.lead = signal(this.#alone);
  }

  /** Stands for the lead. */
  run(): void {
    const { env, name } = this.#options;
    if (this.#alone || this.#release !== undefined || name === undefined) return;
    const stand = {};
    this.#stand = stand;
    this.#release = env.lock?.(name, () => {
      // It may have been given up just before.
      if (this.#stand === stand) this.lead.set(true);
    });
  }

  /** Leaves the lead to others: a tab that does not want to be connected sends nothing. */
  yield(): void {
    if (this.#alone) return;
    this.#release?.();
    this.#release = undefined;
    this.#stand = undefined;
    this.lead.set(false);
  }

  tell(message: TabMessage): void {
    this.#channel?.post(encodeTabMessage(message));
  }

  /** Idempotent. */
  close(): void {
    this.yield();
    this.#channel?.close();
  }

  /** Nobody to talk to, or nothing to agree with: then every tab does all by itself, and the server makes it one. */
  get #alone(): boolean {
    const { env, name } = this.#options;
    return name === undefined || this.#channel === undefined || env.lock === undefined;
  }
}
