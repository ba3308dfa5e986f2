import type { TimelineItem } from '@weft/protocol';
import { FORBIDDEN } from '../adversary/attack.ts';
import type { DurableLog } from './durable-log.ts';
import type { Violations } from './violations.ts';

/** A message as its sender knows it. */
interface Sent {
  readonly device: string;
  readonly text: string;
  /** Place among the messages of its device. */
  readonly order: number;
  /** `lost`: its device may have lost it. */
  state: 'asked' | 'kept' | 'lost';
}

/** What was said by whom, in a conversation; every text is said once. */
export class MessageLedger {
  readonly #stream: string;
  readonly #violations: Violations;
  readonly #durable: DurableLog;
  readonly #sent = new Map<string, Sent>();
  /** Sequence → id, as anybody was ever shown it. */
  readonly #shown = new Map<number, string>();

  constructor(stream: string, violations: Violations, durable: DurableLog) {
    this.#stream = stream;
    this.#violations = violations;
    this.#durable = durable;
  }

  /** Messages and changes of membership that are durable. */
  get durable(): number {
    return this.#durable.messages(this.#stream);
  }

  /** Somebody sends. Returns what to call when the device has said that it is safe. */
  asked(device: string, text: string): () => void {
    const sent: Sent = { device, text, order: this.#sent.size, state: 'asked' };
    this.#sent.set(text, sent);
    return () => {
      if (sent.state === 'asked') sent.state = 'kept';
    };
  }

  /** A device has lost something: what it keeps, and the server does not have, may be gone. */
  excuse(device: string): void {
    for (const sent of this.#sent.values()) if (sent.device === device) sent.state = 'lost';
  }

  /** Somebody is shown this list. */
  shown(who: string, items: readonly TimelineItem[]): void {
    let sequence = 0;
    for (const item of items) {
      if (item.state !== 'stored') continue;
      sequence += 1;
      if (item.message.sequence !== sequence) {
        this.#violations.add('C6', `${who} is shown ${item.message.sequence} at place ${sequence}`);
        return;
      }
      const known = this.#shown.get(sequence);
      if (known === undefined) this.#shown.set(sequence, item.id);
      else if (known !== item.id) {
        this.#violations.add('C2', `${who} is shown another message at ${sequence}`);
      }
    }
  }

  /**
   * Everything is quiet: each message that was kept is there once, in the order of its device.
   * @param failed texts that a device shows as failed
   */
  settle(failed: ReadonlySet<string>): void {
    const events = this.#durable.events(this.#stream);
    const places = new Map<string, number>();
    for (const event of events) {
      if (event.type !== 'message') continue;
      const { message } = event;
      if (message.membership !== undefined) continue;
      const { text } = message.body;
      if (text.includes(FORBIDDEN)) this.#violations.add('C3', `"${text}" is there`);
      if (places.has(text)) this.#violations.add('C3', `"${text}" is there twice`);
      places.set(text, message.sequence);
      const shown = this.#shown.get(message.sequence);
      if (shown !== undefined && shown !== message.id) {
        this.#violations.add('C2', `${message.sequence} was shown as another message`);
      }
    }
    const last = new Map<string, number>();
    for (const { device, text, state } of this.#sent.values()) {
      const place = places.get(text);
      if (place === undefined) {
        if (state === 'kept' && !failed.has(text))
          this.#violations.add('C7', `"${text}" of ${device} was kept, and is nowhere`);
        continue;
      }
      // What is made again from what was lost has no order.
      if (state === 'lost') continue;
      if (place < (last.get(device) ?? 0)) {
        this.#violations.add('C5', `"${text}" of ${device} overtook what was sent before it`);
      }
      last.set(device, Math.max(place, last.get(device) ?? 0));
    }
  }
}
