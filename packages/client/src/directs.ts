import {
  type Direct,
  type DirectConversation,
  isFlag,
  isInteger,
  isText,
  shape,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import { type Signal, signal } from './observable.ts';

/** Name of the value that holds the list on the device. */
const KEY = 'directs';

/**
 * The direct conversations of this person: what the server told, and what was begun here. Kept on the device, so that
 * whom one is with, which its id does not say, is known without a network.
 */
export class DirectList {
  readonly list: Signal<readonly DirectConversation[]> = signal([]);
  /** Resolves when what the device keeps was read, or could not be. */
  readonly loaded: Promise<void>;
  readonly #store: DeviceStore;

  constructor(store: DeviceStore) {
    this.#store = store;
    this.loaded = store.get(KEY).then(
      (kept) => void this.#merge(readKept(kept)),
      // A device that cannot be read: the server tells of all that it has.
      () => undefined,
    );
  }

  /** The server told of some. */
  heard(directs: readonly Direct[]): void {
    if (this.#merge(directs.map((each) => ({ ...each, begun: true })))) this.#keep();
  }

  /** Somebody is to be written to: so that it is known whom, when a first message is sent. */
  prepare(direct: Direct): void {
    if (this.#merge([{ ...direct, begun: false }])) this.#keep();
  }

  /** A first message was queued. */
  begin(conversation: string): void {
    const found = this.#find(conversation);
    if (found !== undefined && this.#merge([{ ...found, begun: true }])) this.#keep();
  }

  /** The `sub` of whom a direct conversation is with; `undefined` where nobody said so here. */
  personOf(conversation: string): string | undefined {
    return this.#find(conversation)?.person;
  }

  /** The server has another history: it tells which of them there are. */
  reset(): void {
    this.list.set(this.list.get().map((each) => ({ ...each, begun: false })));
    this.#keep();
  }

  #find(conversation: string): DirectConversation | undefined {
    return this.list.get().find((each) => each.conversation === conversation);
  }

  /** Returns whether anything is new. What has begun stays so, and a name is not lost. */
  #merge(more: readonly DirectConversation[]): boolean {
    const merged = new Map(this.list.get().map((each) => [each.conversation, each]));
    let changed = false;
    for (const each of more) {
      const before = merged.get(each.conversation);
      const next = {
        ...each,
        name: each.name === '' ? (before?.name ?? '') : each.name,
        begun: each.begun || before?.begun === true,
      };
      if (before?.name === next.name && before.begun === next.begun) continue;
      merged.set(each.conversation, next);
      changed = true;
    }
    if (changed) this.list.set([...merged.values()]);
    return changed;
  }

  #keep(): void {
    // What is not kept is told again by the server, once it has begun.
    this.#store.set(KEY, JSON.stringify(this.list.get())).catch(() => undefined);
  }
}

/** One that the device keeps. */
const isKept = shape({
  conversation: isText,
  person: isText,
  name: isText,
  at: isInteger,
  begun: isFlag,
});

function readKept(kept: string | undefined): readonly DirectConversation[] {
  if (kept === undefined) return [];
  try {
    const list: unknown = JSON.parse(kept);
    if (!Array.isArray(list)) return [];
    return list.filter(isKept);
  } catch {
    // Damaged on the device: the server tells it again.
    return [];
  }
}
