import type {
  Ack,
  Command,
  ConversationHead,
  Mark,
  MembersMessage,
  Receipts,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { ConnectionStatus, ConversationHandle, Environment, Observable } from './api.ts';
import { conversationHandle } from './conversation-handle.ts';
import { Conversation } from './conversation.ts';
import type { DirectList } from './directs.ts';
import type { Documents } from './documents.ts';
import type { Signal } from './observable.ts';
import { Files, type FilesOptions } from './files.ts';
import { OutboxRunner } from './outbox-runner.ts';
import { tellingOutbox } from './outbox-store.ts';

export interface ConversationsOptions {
  readonly env: Environment;
  readonly store: DeviceStore;
  readonly documents: Documents;
  readonly directs: DirectList;
  /** The device's own id. */
  readonly device: () => Promise<string>;
  readonly newId: () => string;
  /** The `sub` of the person, once it is known. */
  readonly me: () => string | undefined;
  readonly connection: () => Observable<ConnectionStatus>;
  readonly send: (message: Command | Mark) => void;
  /** Where files are, here and on the server. */
  readonly files: FilesOptions;
  /** The device's outbox has changed. */
  readonly told: () => void;
  /** Commands that neither the device nor the server has. */
  readonly unsaved: Signal<number>;
}

/** The open conversations, shared by their holders, and what waits to be sent in any. */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #open = new Map<string, { readonly conversation: Conversation; holders: number }>();
  readonly #outbox: OutboxRunner;
  readonly #files: Files;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    const { env, store, device, newId, send, told, unsaved } = options;
    this.#files = new Files(options.files);
    this.#outbox = new OutboxRunner({
      env,
      files: this.#files,
      store: tellingOutbox(store, told),
      device,
      newId,
      send,
      unsaved,
      changed: (id) => this.#open.get(id)?.conversation.outboxChanged(),
      readOnly: (id) => this.#open.get(id)?.conversation.readOnly(),
    });
  }

  /** One more holder of a conversation. */
  handle(id: string): ConversationHandle {
    const { env, store, documents, directs, me, send, connection, newId } = this.#options;
    const outbox = this.#outbox;
    const entry = this.#open.get(id) ?? {
      conversation: new Conversation({ id, env, store, documents, outbox, me, mark: send }),
      holders: 0,
    };
    entry.holders += 1;
    this.#open.set(id, entry);
    return conversationHandle(
      entry.conversation,
      outbox,
      this.#files,
      directs,
      connection(),
      newId,
      () => this.#release(id),
    );
  }

  ack(ack: Ack): void {
    this.#outbox.ack(ack);
  }

  head(head: ConversationHead): void {
    this.#open.get(head.conversation)?.conversation.head(head);
  }

  members(message: MembersMessage): void {
    this.#open.get(message.conversation)?.conversation.membership.heard(message);
  }

  receipts({ conversation, members }: Receipts): void {
    this.#open.get(conversation)?.conversation.reading.heard(members);
  }

  /** @param leads whether this tab sends what the device keeps for all of them */
  online(leads: boolean): void {
    this.#outbox.online(leads);
  }

  /** Sends nothing more. */
  offline(): void {
    this.#outbox.lost();
  }

  /** The connection is gone. */
  lost(): void {
    this.#outbox.lost();
    for (const { conversation } of this.#open.values()) conversation.lost();
  }

  /** The server has another history. */
  reset(): void {
    for (const { conversation } of this.#open.values()) conversation.reset();
  }

  /** Another tab has changed the outbox. */
  refresh(): void {
    void this.#outbox.refresh();
  }

  /** The device may keep things again. */
  recover(): void {
    this.#outbox.recover();
  }

  /** Resolves when what was handed in is on the device, or has failed. */
  settled(): Promise<void> {
    return this.#outbox.settled();
  }

  /** Closes them, whoever holds them. */
  closeAll(): void {
    for (const { conversation } of this.#open.values()) conversation.close();
    this.#open.clear();
  }

  /** Sends nothing more, and tells whoever waits for what is not safe. */
  close(): void {
    this.#outbox.close();
    // What it had begun is with the device.
    void this.#files.close().catch(() => undefined);
  }

  #release(id: string): void {
    const entry = this.#open.get(id);
    if (entry === undefined) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    this.#open.delete(id);
    entry.conversation.close();
  }
}
