import { createWeft } from '@weft/client';
import type { ConversationHandle, Observable, Weft } from '@weft/client';
import type { DeviceStore } from '@weft/storage';
import { type MemoryDisk, createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { PATIENCE, tokenFor } from './client.ts';
import type { Missed, MissedJob, Target } from './jobs.ts';

/**
 * Clients of ours have a conversation on their devices, are away, miss some messages, and come back with nothing but
 * what their device kept. The gates are around that.
 */
export async function runMissed(
  { target, conversation, length, clients, keep, missed }: MissedJob,
  gate: (name: string) => Promise<void>,
): Promise<Missed> {
  const speaker = new Reader(target, conversation, 'speaker');
  await speaker.come();
  await speaker.has(length);
  const readers: Reader[] = [];
  for (let index = 0; index < clients; index += 1) {
    const reader = new Reader(target, conversation, `reader-${index}`);
    await reader.come();
    if (keep) reader.keep();
    await reader.has(length);
    readers.push(reader);
  }
  await Promise.all(readers.map((reader) => reader.leave()));
  for (let nth = 1; nth <= missed; nth += 1) {
    await speaker.say(`Missed ${nth}`);
    await speaker.has(length + nth);
  }
  await gate('back');
  const began = performance.now();
  await Promise.all(
    readers.map(async (reader) => {
      await reader.come();
      await reader.has(length + missed);
    }),
  );
  const took = performance.now() - began;
  await gate('live');
  await Promise.all([...readers, speaker].map((reader) => reader.leave()));
  return { type: 'missed', took };
}

/** A person with a device, who comes and goes. */
class Reader {
  readonly #target: Target;
  readonly #conversation: string;
  readonly #sub: string;
  readonly #disk: MemoryDisk = createMemoryDisk();
  #here: { readonly weft: Weft; readonly handle: ConversationHandle } | undefined;
  #keeps = false;

  constructor(target: Target, conversation: string, sub: string) {
    this.#target = target;
    this.#conversation = conversation;
    this.#sub = sub;
  }

  async come(): Promise<void> {
    const store: DeviceStore = openMemoryDevice(this.#disk);
    const token = await tokenFor(this.#target, this.#sub);
    const weft = createWeft({ url: `ws://127.0.0.1:${this.#target.port}/sync`, token, store });
    this.#here = { weft, handle: weft.conversation(this.#conversation) };
  }

  /** Wishes all of it to be on the device. */
  keep(): void {
    this.#keeps = true;
    this.#present.handle.keep(true);
  }

  /** Resolves when it shows so many messages, and has all that it wishes to. */
  async has(length: number): Promise<void> {
    const { handle } = this.#present;
    await until(handle.history, (history) => history.length === length);
    await until(handle.phase, (phase) => phase === 'synced');
    if (this.#keeps) await until(handle.keeping, ({ state }) => state === 'kept');
  }

  async say(text: string): Promise<void> {
    await this.#present.handle.send(text);
  }

  async leave(): Promise<void> {
    const { weft, handle } = this.#present;
    handle.close();
    await weft.close();
    this.#here = undefined;
  }

  get #present() {
    if (this.#here === undefined) throw new Error(`${this.#sub} is away.`);
    return this.#here;
  }
}

/** Resolves once something is so. @throws when it does not come about */
function until<T>(observable: Observable<T>, is: (value: T) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      stop();
      clearTimeout(late);
    };
    const look = () => {
      if (!is(observable.get())) return;
      end();
      resolve();
    };
    const late = setTimeout(() => {
      end();
      reject(new Error(`It did not come about: ${JSON.stringify(observable.get())}`));
    }, PATIENCE * 4);
    const stop = observable.subscribe(look);
    look();
  });
}
