import type { Receipt, TimelineItem } from '@weft/protocol';
import type { ConversationEvent } from '@weft/protocol';
import type { Violations } from './violations.ts';

/** A command as its device knows it. */
interface Asked {
  readonly device: string;
  /** Whether it may end without a trace: who is in already is not let in again. */
  readonly idle: boolean;
  /** Once the device has said that it is safe. */
  id?: string;
  /** Its device may have lost it. */
  excused?: boolean;
}

/** What a conversation's messages are, by the words of its events alone. */
interface Known {
  text: string;
  pinned: boolean;
  readonly reactions: Set<string>;
}

/** Commands of every kind, and how far people are: each has one effect, in its device's order, or is seen to fail. */
export class ChangeLedger {
  readonly #violations: Violations;
  readonly #asked: Asked[] = [];
  /** Device → person → what it was told last. */
  readonly #told = new Map<string, Map<string, Receipt>>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  /** Commands that a device called safe. */
  get count(): number {
    return this.#asked.filter(({ id }) => id !== undefined).length;
  }

  /**
   * Somebody asks for an effect. Returns what to call with the command's id once the device has it.
   * @param idle whether it may turn out to be so already
   */
  asked(device: string, idle = false): (id: string) => void {
    const asked: Asked = { device, idle };
    this.#asked.push(asked);
    return (id) => {
      asked.id = id;
    };
  }

  /** A device has lost something: what it keeps, and the server does not have, may be gone. */
  excuse(device: string): void {
    for (const asked of this.#asked) if (asked.device === device) asked.excused = true;
  }

  /** A device is told how far people are: nobody goes back, nor beyond what there is. */
  receipts(device: string, members: readonly Receipt[], messages: number): void {
    const before = this.#told.get(device) ?? new Map<string, Receipt>();
    this.#told.set(device, before);
    for (const receipt of members) {
      const { person, read, delivered } = receipt;
      const last = before.get(person);
      if (last !== undefined && (read < last.read || delivered < last.delivered)) {
        this.#violations.add('C8', `${device} is told that ${person} went back`);
      }
      if (read > delivered || delivered > messages) {
        this.#violations.add('C8', `${device} is told of ${delivered} of ${messages} messages`);
      }
      before.set(person, receipt);
    }
  }

  /**
   * Everything is quiet.
   * @param failed ids of what a device shows as failed
   */
  settle(events: readonly ConversationEvent[], failed: ReadonlySet<string>): void {
    const places = new Map<string, number>();
    for (const { command, event } of events) {
      if (places.has(command.id)) this.#violations.add('C3', `${command.id} has two effects`);
      places.set(command.id, event);
    }
    const last = new Map<string, number>();
    for (const { device, idle, id, excused = false } of this.#asked) {
      if (id === undefined) continue;
      const place = places.get(id);
      if (place === undefined && (idle || excused) && !failed.has(id)) continue;
      if ((place === undefined) !== failed.has(id)) {
        const what = place === undefined ? 'is nowhere' : 'is stored, and shown as failed';
        this.#violations.add('C7', `${id} of ${device} ${what}`);
      }
      if (place === undefined || excused) continue;
      // What was so already, and is not any more when it comes again unheard, takes effect behind messages sent since.
      const line = `${device} ${idle ? 'moves' : 'says'}`;
      if (place < (last.get(line) ?? 0)) {
        this.#violations.add('C5', `${id} of ${device} overtook what was asked before it`);
      }
      last.set(line, place);
    }
  }

  /** A device's list, held against the events. */
  compare(
    device: string,
    items: readonly TimelineItem[],
    events: readonly ConversationEvent[],
  ): void {
    const known = readAll(events);
    for (const item of items) {
      if (item.state !== 'stored') continue;
      const { sequence, body } = item.message;
      const shown = JSON.stringify([
        body.text,
        item.pin !== undefined,
        (item.reactions ?? [])
          .flatMap(({ emoji, people }) => people.map((p) => p + emoji))
          .toSorted(),
      ]);
      const of = known.get(sequence);
      const told = JSON.stringify([of?.text, of?.pinned, [...(of?.reactions ?? [])].toSorted()]);
      if (shown !== told) {
        this.#violations.add('C10', `${device} shows ${shown} at ${sequence}, and it is ${told}`);
      }
    }
  }
}

/** A sequential model: one event after the other, as plain values. */
function readAll(events: readonly ConversationEvent[]): ReadonlyMap<number, Known> {
  const known = new Map<number, Known>();
  for (const event of events) {
    const { action } = event.command;
    if (event.type === 'message') {
      const { text } = event.message.body;
      known.set(event.sequence, { text, pinned: false, reactions: new Set() });
      continue;
    }
    const message = known.get(event.sequence);
    if (message === undefined) continue;
    if (action.type === 'edit') message.text = action.body.text;
    else if (action.type === 'delete') message.text = '';
    else if (action.type === 'pin') message.pinned = true;
    else if (action.type === 'unpin') message.pinned = false;
    else if (action.type === 'react') message.reactions.add(event.author + action.emoji);
    else if (action.type === 'unreact') message.reactions.delete(event.author + action.emoji);
  }
  return known;
}
