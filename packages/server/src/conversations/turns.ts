import { type Command, type Refusals, mustWait, passTurn, refuseTurn } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';

/** What a command's place in its device's order follows from. */
export type Counted = Pick<Command, 'id' | 'device' | 'counter' | 'conversation'>;

/** Devices and conversations of one person that are remembered: whoever has more loses their own order only. */
const LINES_MAX = 64;

/** What was refused for now and has not come again, by person, then by device and conversation (law C5). */
export class Turns {
  readonly #now: () => number;
  readonly #people = new Map<string, Map<string, Refusals>>();

  /** @param now UTC milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The command that has to come before this one; `undefined` when it is its turn. */
  mustWait(principal: Principal, command: Counted): Counted | undefined {
    const found = mustWait(this.#line(principal, command), command.counter, this.#now());
    return found === undefined ? undefined : { ...command, ...found };
  }

  refused(principal: Principal, command: Counted): void {
    this.#put(principal, command, refuseTurn(this.#line(principal, command), command, this.#now()));
  }

  /** Stored, or refused for good. */
  passed(principal: Principal, command: Counted): void {
    const line = this.#line(principal, command);
    if (line === undefined) return;
    this.#put(principal, command, passTurn(line, command.counter, this.#now()));
  }

  #line(principal: Principal, command: Counted): Refusals | undefined {
    return this.#people.get(personOf(principal))?.get(lineOf(command));
  }

  #put(principal: Principal, command: Counted, line: Refusals | undefined): void {
    const person = personOf(principal);
    const lines = this.#people.get(person) ?? new Map<string, Refusals>();
    this.#people.delete(person);
    lines.delete(lineOf(command));
    if (line !== undefined) lines.set(lineOf(command), line);
    const [oldest] = lines.keys();
    if (lines.size > LINES_MAX && oldest !== undefined) lines.delete(oldest);
    if (lines.size > 0) this.#people.set(person, lines);
    this.#forget();
  }

  /** People whose every line is over: they never came again. */
  #forget(): void {
    const now = this.#now();
    for (const [person, lines] of this.#people) {
      if ([...lines.values()].some(({ until }) => until > now)) return;
      this.#people.delete(person);
    }
  }
}

function personOf({ tenant, sub }: Principal): string {
  return `${tenant}/${sub}`;
}

function lineOf({ device, conversation }: Counted): string {
  return `${device}/${conversation}`;
}
