import {
  type Ack,
  type Action,
  type Command,
  type Message,
  type Outbox,
  type OutboxEntry,
  WeftError,
  acknowledge,
  backoffDelay,
  errorDefinition,
  isErrorCode,
  nextCounter,
  seen,
  sendable,
} from '@weft/protocol';
import type { Environment } from './api.ts';
import type { Files } from './files.ts';
import type { Signal } from './observable.ts';
import type { OutboxStore } from './outbox-store.ts';

export interface OutboxRunnerOptions {
  readonly env: Environment;
  readonly store: OutboxStore;
  /** What messages carry, which goes before them. */
  readonly files: Pick<Files, 'bring' | 'whyMissing' | 'release'>;
  readonly device: () => Promise<string>;
  readonly newId: () => string;
  readonly send: (command: Command) => void;
  /** Commands that neither the device nor the server has: the end of the tab would be theirs. */
  readonly unsaved: Signal<number>;
  /** What a conversation's outbox shows has changed. */
  readonly changed: (conversation: string) => void;
  /** A command was refused because this person may only read. */
  readonly readOnly: (conversation: string) => void;
}

/** Where the server put what a command asked for. */
export interface Place {
  readonly event: number;
  /** Of the message, or of the one that was changed; 0 where it is about none. */
  readonly sequence: number;
}

/** A conversation whose first command was refused for now. */
interface Wait {
  readonly attempt: number;
  /** `undefined` once the time has come and the command is on its way again. */
  readonly cancel: (() => void) | undefined;
}

/**
 * Drains the outbox: at most one command of a conversation is on its way, so that they are stored in the order in
 * which they were made (law C5). Every event changes the entries, then `#evaluate` sends what may be sent.
 * The device's store is the truth, shared with other tabs; the server makes a command that two tabs send one (C3).
 */
export class OutboxRunner {
  /** Resolves when what the device holds was read, or could not be. */
  readonly loaded: Promise<void>;
  readonly #options: OutboxRunnerOptions;
  #entries: Outbox = [];
  /** Acked with these, and shown until its effect arrives: nothing jumps. Gone from the device already. */
  readonly #acked = new Map<string, Place>();
  /** What the device would not keep: in memory only until the server has it. */
  readonly #unkept = new Map<string, { resolve: () => void; reject: (error: WeftError) => void }>();
  readonly #inFlight = new Map<string, string>();
  readonly #waits = new Map<string, Wait>();
  #net: 'offline' | 'follows' | 'leads' = 'offline';
  #keepingAgain: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: OutboxRunnerOptions) {
    this.#options = options;
    this.loaded = this.refresh();
  }

  /** What a conversation shows after its messages, in order. */
  entriesOf(conversation: string): Outbox {
    return this.#entries.filter((entry) => entry.command.conversation === conversation);
  }

  /** Queues a command. Resolves with its id when the device has it; where the device fails, when the server has it. */
  enqueue(conversation: string, action: Action): Promise<string> {
    return this.#enqueue(conversation, action, undefined);
  }

  /**
   * Queues what failed again, under a new id, as it was or as something else.
   * @throws WeftError `not-found` when no failed entry has the id
   */
  async retry(id: string, instead?: Action): Promise<void> {
    const entry = this.#entries.find((candidate) => candidate.command.id === id);
    if (entry?.state.state !== 'failed') throw new WeftError('not-found');
    const { conversation, action } = entry.command;
    await this.#enqueue(conversation, instead ?? action, id);
  }

  /** Removes a failed entry; any other stays, since the server may have it. */
  async dismiss(id: string): Promise<void> {
    const entry = this.#entries.find((candidate) => candidate.command.id === id);
    if (entry?.state.state !== 'failed') return;
    this.#drop(entry);
    this.#release(entry.command);
    await this.#options.store.deleteOutbox(id);
  }

  /** Messages of this person have arrived: their acks may be lost, their effects are not. */
  seen(conversation: string, messages: readonly Message[]): void {
    const ids = messages.map((message) => message.id);
    const rest = seen(this.#entries, ids);
    if (rest === this.#entries) return;
    const gone: Command[] = [];
    for (const { command } of this.#entries) {
      if (!ids.includes(command.id)) continue;
      this.#settle(command.id);
      if (this.#acked.delete(command.id)) continue;
      this.#delete(command.id);
      gone.push(command);
    }
    this.#entries = rest;
    for (const command of gone) this.#release(command);
    this.#options.changed(conversation);
    this.#evaluate();
  }

  /** What was stored, of a conversation: that of which the effect has arrived need not be shown any more. */
  changesArrived(conversation: string, arrived: (action: Action, at: Place) => boolean): void {
    const gone = this.#entries.filter(({ command: { id, conversation: of, action } }) => {
      const at = this.#acked.get(id);
      return of === conversation && at !== undefined && arrived(action, at);
    });
    if (gone.length === 0) return;
    for (const { command } of gone) this.#acked.delete(command.id);
    this.#entries = seen(
      this.#entries,
      gone.map(({ command }) => command.id),
    );
  }

  /** Nobody shows a conversation any more: what was acked need not be kept for its list. */
  forgetAcked(conversation: string): void {
    const acked = this.entriesOf(conversation).map((entry) => entry.command.id);
    for (const id of acked) {
      if (this.#acked.delete(id)) this.#entries = seen(this.#entries, [id]);
    }
  }

  /** The server answered a command. */
  ack(ack: Ack): void {
    for (const [conversation, id] of this.#inFlight) {
      if (id === ack.id) this.#inFlight.delete(conversation);
    }
    const entry = this.#entries.find((candidate) => candidate.command.id === ack.id);
    // Its message was seen before: nothing is left to do but to send the next.
    if (entry !== undefined) this.#answered(entry, ack);
    this.#evaluate();
  }

  /**
   * The server can be reached.
   * @param leads whether this tab sends what the device keeps; others send only what it would not keep of their own
   */
  online(leads: boolean): void {
    this.#net = leads ? 'leads' : 'follows';
    // Another tab may have sent, dismissed or left something meanwhile.
    void this.refresh();
  }

  /** Reads the device again: another tab may have queued, sent or dismissed something. */
  refresh(): Promise<void> {
    return this.#options.store.outbox().then(
      (kept) => {
        const here = new Set(kept.map((entry) => entry.command.id));
        const lost = this.#net === 'leads' && this.#keepLost(here);
        const others = this.#entries.filter(({ command: { id } }) => {
          return !here.has(id) && (this.#acked.has(id) || this.#unkept.has(id));
        });
        const touched = new Set(
          [...this.#entries, ...kept].map((entry) => entry.command.conversation),
        );
        this.#entries = inOrder(kept, others);
        for (const conversation of touched) this.#options.changed(conversation);
        this.#evaluate();
        if (lost) this.recover();
      },
      // A device that cannot be read: what is in memory is all there is.
      () => this.#evaluate(),
    );
  }

  /** The device may keep things again: what it would not keep is handed to it. */
  recover(): void {
    if (this.#keepingAgain !== undefined) return;
    this.#keepingAgain = this.#keepAgain()
      .catch(() => undefined)
      .finally(() => {
        this.#keepingAgain = undefined;
      });
  }

  lost(): void {
    this.#net = 'offline';
    this.#inFlight.clear();
    for (const wait of this.#waits.values()) wait.cancel?.();
    this.#waits.clear();
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** Ends it: whoever waits for a message that the device would not keep is told that it is not safe. */
  close(): void {
    this.lost();
    for (const { reject } of this.#unkept.values()) reject(new WeftError('device-failed'));
    this.#unkept.clear();
  }

  async #enqueue(
    conversation: string,
    action: Action,
    replaces: string | undefined,
  ): Promise<string> {
    const { env, store, device, newId, unsaved } = this.#options;
    // From this very turn on: a tab may be closed in the moment in which its last message is sent.
    unsaved.set(unsaved.get() + 1);
    let handedIn: () => void = () => undefined;
    this.#follow(
      new Promise<void>((resolve) => {
        handedIn = resolve;
      }),
    );
    const id = newId();
    const at = Math.max(0, Math.trunc(env.now()));
    const from = await device();
    const make = (counter: number): OutboxEntry => ({
      command: {
        type: 'command',
        id,
        device: from,
        counter,
        conversation,
        at,
        action,
      },
      state: { state: 'queued' },
    });
    const unkept = (): Promise<void> => {
      handedIn();
      const counters = this.entriesOf(conversation).map((entry) => entry.command.counter);
      const safe = new Promise<void>((resolve, reject) => {
        this.#unkept.set(id, { resolve, reject });
      });
      this.#add(make(nextCounter(Math.max(0, ...counters))), replaces);
      return safe;
    };
    // Kept before what the device would not keep, it would overtake that: another tab sends what is kept.
    const overtakes = () => this.entriesOf(conversation).some((entry) => this.#isAdrift(entry));
    const inTurn = (counter: number): OutboxEntry => {
      if (overtakes()) throw new WeftError('device-failed', 'What was sent before it is not kept.');
      return make(counter);
    };
    const alone = (): Promise<void> => {
      const after = overtakes();
      const safe = unkept();
      if (after) this.recover();
      return safe;
    };
    try {
      if (overtakes()) {
        await alone();
      } else {
        await store.enqueue(conversation, inTurn, replaces).then((entry) => {
          handedIn();
          this.#add(entry, replaces);
        }, alone);
      }
    } finally {
      unsaved.set(unsaved.get() - 1);
    }
    return id;
  }

  /**
   * What waits, and is not on the device any more though this tab took nothing away, was lost with the device's storage
   * (a person cleared it), and no other tab sends it: it is treated like what the device would not keep. Where another
   * tab took it away, since its message had arrived, it is sent once more, and the server answers as before (law C3).
   * @param here what the device has
   * @returns whether there is any
   */
  #keepLost(here: ReadonlySet<string>): boolean {
    const lost = this.#entries.filter(
      ({ command: { id }, state }) =>
        state.state === 'queued' && !here.has(id) && !this.#acked.has(id) && !this.#unkept.has(id),
    );
    const nobodyWaits = { resolve: () => undefined, reject: () => undefined };
    for (const { command } of lost) this.#unkept.set(command.id, nobodyWaits);
    return lost.length > 0;
  }

  /** Hands the device what it would not keep, in order, until it refuses again. */
  async #keepAgain(): Promise<void> {
    for (;;) {
      const next = this.#entries.find((entry) => this.#isAdrift(entry));
      if (next === undefined) return;
      const { id, conversation } = next.command;
      const kept = await this.#options.store.enqueue(conversation, (counter) => ({
        ...next,
        command: { ...next.command, counter },
      }));
      // The server was quicker.
      if (!this.#unkept.has(id)) this.#delete(id);
      else {
        this.#settle(id);
        const inMemory = ({ command }: OutboxEntry) =>
          this.#unkept.has(command.id) || this.#acked.has(command.id);
        const rest = seen(this.#entries, [id]);
        this.#entries = inOrder(
          [...rest.filter((entry) => !inMemory(entry)), kept],
          rest.filter(inMemory),
        );
        this.#evaluate();
      }
    }
  }

  /** Whether it is in memory only, and waits to be sent. */
  #isAdrift({ command, state }: OutboxEntry): boolean {
    return this.#unkept.has(command.id) && state.state === 'queued';
  }

  #add(entry: OutboxEntry, replaces: string | undefined): void {
    const gone = replaces === undefined ? [entry.command.id] : [entry.command.id, replaces];
    this.#entries = [...seen(this.#entries, gone), entry];
    this.#options.changed(entry.command.conversation);
    this.#evaluate();
  }

  #answered(entry: OutboxEntry, ack: Ack): void {
    const { id, conversation } = entry.command;
    const { result } = ack;
    if (result.outcome === 'stored') {
      this.#stopWaiting(conversation);
      this.#acked.set(id, { event: result.event, sequence: result.sequence });
      this.#settle(id);
      this.#delete(id);
      this.#release(entry.command);
      // Its effect may have been here before its ack; a message itself says so when it comes.
      if (entry.command.action.type !== 'send') this.#options.changed(conversation);
      return;
    }
    if (result.code === 'file-missing') {
      const why = this.#options.files.whyMissing(entry.command);
      if (why === undefined) {
        this.#wait(conversation);
        return;
      }
      if (why !== result.code) {
        const { message } = errorDefinition(why);
        this.#answered(entry, { ...ack, result: { ...result, code: why, message } });
        return;
      }
    }
    const next = acknowledge(this.#entries, ack);
    if (next === this.#entries) {
      this.#wait(conversation);
      return;
    }
    this.#stopWaiting(conversation);
    this.#entries = next;
    const failed = next.find((candidate) => candidate.command.id === id);
    const code = isErrorCode(result.code) ? result.code : 'internal';
    if (failed === undefined) {
      // It is so already. Left on the device, it would be asked for again at the next start, when it may not be so.
      this.#settle(id);
      this.#delete(id);
    } else {
      this.#follow(this.#options.store.replaceOutbox(failed));
      this.#unkept.get(id)?.reject(new WeftError(code));
    }
    if (code === 'read-only') this.#options.readOnly(conversation);
    this.#options.changed(conversation);
  }

  /** Sends the first command of each conversation that has none on its way. */
  #evaluate(): void {
    if (this.#net === 'offline') return;
    const adrift = new Set(
      this.#entries.filter((e) => this.#isAdrift(e)).map(({ command }) => command.conversation),
    );
    for (const command of sendable(this.#entries)) {
      const { id, conversation } = command;
      // Whoever leads sends what the device keeps, and knows nothing of what it would not keep of this tab: that is sent
      // from here, behind all that was asked for before it, which may be on its way from there, and so comes twice.
      if (this.#net === 'follows' && !adrift.has(conversation)) continue;
      if (this.#acked.has(id) || this.#inFlight.has(conversation)) continue;
      if (this.#waits.get(conversation)?.cancel !== undefined) continue;
      this.#inFlight.set(conversation, id);
      const brought = this.#options.files.bring(command);
      if (brought === undefined) this.#options.send(command);
      else void brought.then((ready) => this.#brought(command, ready));
    }
  }

  /** The files of a command are with the server, or cannot be brought just now. */
  #brought(command: Command, ready: boolean): void {
    const { id, conversation } = command;
    // Meanwhile the connection was lost, or the command was found stored.
    if (this.#inFlight.get(conversation) !== id) return;
    if (ready) {
      this.#options.send(command);
      return;
    }
    this.#inFlight.delete(conversation);
    this.#wait(conversation);
  }

  /** Adds up what was handed in but is not queued yet. */
  async during<T>(work: Promise<T>): Promise<T> {
    const { unsaved } = this.#options;
    unsaved.set(unsaved.get() + 1);
    this.#follow(work);
    try {
      return await work;
    } finally {
      unsaved.set(unsaved.get() - 1);
    }
  }

  /** A command is stored or gone: what it carried need not be kept for it. */
  #release(command: Command): void {
    const others = this.#entries.map((entry) => entry.command);
    this.#options.files.release(
      command,
      others.filter(({ id }) => id !== command.id && !this.#acked.has(id)),
    );
  }

  #wait(conversation: string): void {
    const { env } = this.#options;
    const attempt = (this.#waits.get(conversation)?.attempt ?? 0) + 1;
    const cancel = env.timer(backoffDelay(attempt, env.random()), () => {
      this.#waits.set(conversation, { attempt, cancel: undefined });
      this.#evaluate();
    });
    this.#waits.set(conversation, { attempt, cancel });
  }

  #stopWaiting(conversation: string): void {
    this.#waits.get(conversation)?.cancel?.();
    this.#waits.delete(conversation);
  }

  #drop(entry: OutboxEntry): void {
    this.#entries = seen(this.#entries, [entry.command.id]);
    this.#options.changed(entry.command.conversation);
  }

  /** The server has it: who waited for it to be safe may go on. */
  #settle(id: string): void {
    this.#unkept.get(id)?.resolve();
    this.#unkept.delete(id);
  }

  #delete(id: string): void {
    this.#follow(this.#options.store.deleteOutbox(id));
  }

  /** A write to the device that fails here costs one more send, which the server answers as before. */
  #follow(write: Promise<unknown>): void {
    const ended = write.then(
      () => undefined,
      () => undefined,
    );
    this.#last = Promise.all([this.#last, ended]).then(() => undefined);
  }
}

/**
 * What the device keeps, by its counters, and among it what it would not keep, where it was made: the device's
 * counters know nothing of that, but ids rise within a session (law C5).
 */
function inOrder(kept: Outbox, others: Outbox): Outbox {
  const entries = kept.toSorted((a, b) => a.command.counter - b.command.counter);
  for (const entry of others) {
    const { conversation, id } = entry.command;
    const at = entries.findIndex(
      ({ command }) => command.conversation === conversation && command.id > id,
    );
    entries.splice(at === -1 ? entries.length : at, 0, entry);
  }
  return entries;
}
