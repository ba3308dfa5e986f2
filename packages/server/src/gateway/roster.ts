import type { PeopleMessage, PersonPresence } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';

/** Milliseconds for which changes are gathered: somebody who reloads a page does not go and come. */
const ROUND_MS = 1_000;

/** People present from whose number on only the number is told: everybody would be told of everybody. */
export const TOLD_MAX = 300;

/** Of a workspace: people who are away that are remembered. */
export const AWAY_MAX = 200;

/** Workspaces with nobody in them that are remembered. */
const EMPTY_MAX = 1_000;

/** One socket that has a workspace open. */
export interface Attendee {
  /** Where its person is, as far as this socket can tell. */
  readonly state: PersonPresence['state'];
  /** Told of the others; nothing while nobody listens. */
  send(message: PeopleMessage): void;
}

/** Its place among the others. */
export interface Attendance {
  /** Its `state` is another one. */
  changed(): void;
  /** Tells it of everybody, as at the beginning. */
  refresh(): void;
  leave(): void;
}

interface Person {
  name: string;
  readonly attendees: Set<Attendee>;
  now: PersonPresence;
  /** What the others know. */
  told: PersonPresence | undefined;
}

/** Who is in which workspace, online, idle, or away and last seen when. In memory: a server that starts knows nobody. */
export class Roster {
  readonly #now: () => number;
  readonly #rooms = new Map<string, Room>();

  /** @param now UTC milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A person opened a workspace on a socket. It is told of everybody at once. */
  attend(principal: Principal, workspace: string, attendee: Attendee): Attendance {
    const key = `${principal.tenant}/${workspace}`;
    const room = this.#rooms.get(key) ?? new Room(workspace, this.#now);
    this.#rooms.set(key, room);
    const { sub } = principal;
    room.enter(principal, attendee);
    return {
      changed: () => room.changed(sub),
      refresh: () => room.refresh(attendee),
      leave: () => {
        room.leave(sub, attendee);
        this.#forget();
      },
    };
  }

  /** The workspaces that were left the longest ago make room. */
  #forget(): void {
    const empty = [...this.#rooms].filter(([, room]) => room.empty);
    for (const [key] of empty.slice(0, Math.max(0, empty.length - EMPTY_MAX))) {
      this.#rooms.delete(key);
    }
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close();
  }
}

class Room {
  readonly #workspace: string;
  readonly #now: () => number;
  readonly #people = new Map<string, Person>();
  readonly #attendees = new Set<Attendee>();
  readonly #changed = new Set<string>();
  #present = 0;
  /** Whether the others were last told a number only. */
  #many = false;
  #round: NodeJS.Timeout | undefined;

  constructor(workspace: string, now: () => number) {
    this.#workspace = workspace;
    this.#now = now;
  }

  get empty(): boolean {
    return this.#attendees.size === 0;
  }

  enter({ sub, name }: Principal, attendee: Attendee): void {
    const away: PersonPresence = { sub, name, state: 'away', at: this.#now() };
    const person = this.#people.get(sub) ?? {
      name,
      attendees: new Set(),
      now: away,
      told: undefined,
    };
    this.#people.set(sub, person);
    person.name = name;
    person.attendees.add(attendee);
    this.#attendees.add(attendee);
    this.changed(sub);
    this.refresh(attendee);
  }

  leave(sub: string, attendee: Attendee): void {
    this.#people.get(sub)?.attendees.delete(attendee);
    this.#attendees.delete(attendee);
    this.changed(sub);
  }

  changed(sub: string): void {
    const person = this.#people.get(sub);
    if (person === undefined) return;
    const states = new Set([...person.attendees].map(({ state }) => state));
    const state = states.has('online') ? 'online' : states.has('idle') ? 'idle' : 'away';
    const { now, name } = person;
    if (state === now.state && name === now.name) return;
    this.#present += Number(state !== 'away') - Number(now.state !== 'away');
    person.now = { sub, name, state, at: this.#now() };
    if (state === 'away') this.#moveBehind(sub, person);
    this.#changed.add(sub);
    if (this.#round !== undefined || this.empty) return;
    this.#round = setTimeout(() => this.#tell(), ROUND_MS);
    this.#round.unref();
  }

  refresh(attendee: Attendee): void {
    attendee.send(this.#whole());
  }

  close(): void {
    clearTimeout(this.#round);
    this.#round = undefined;
  }

  /** Who went last is forgotten last. */
  #moveBehind(sub: string, person: Person): void {
    this.#people.delete(sub);
    this.#people.set(sub, person);
    let away = this.#people.size - this.#present;
    for (const [each, { now }] of this.#people) {
      if (away <= AWAY_MAX) return;
      if (now.state !== 'away') continue;
      this.#people.delete(each);
      away -= 1;
    }
  }

  #tell(): void {
    this.#round = undefined;
    const before = this.#many;
    this.#many = this.#present > TOLD_MAX;
    const changed: PersonPresence[] = [];
    for (const sub of this.#changed) {
      const person = this.#people.get(sub);
      // Gone and back within the round: nothing has changed for anybody.
      if (person === undefined || sameState(person.told, person.now)) continue;
      person.told = person.now;
      changed.push(person.now);
    }
    this.#changed.clear();
    if (changed.length === 0 && before === this.#many) return;
    const message =
      before || this.#many ? this.#whole() : { ...this.#head, whole: false, people: changed };
    for (const attendee of this.#attendees) attendee.send(message);
  }

  get #head() {
    return { type: 'people', workspace: this.#workspace, present: this.#present } as const;
  }

  #whole(): PeopleMessage {
    const many = this.#present > TOLD_MAX;
    const people = many ? null : [...this.#people.values()].map(({ now }) => now);
    return { ...this.#head, whole: true, people };
  }
}

function sameState(a: PersonPresence | undefined, b: PersonPresence): boolean {
  return a?.state === b.state && a.name === b.name;
}
