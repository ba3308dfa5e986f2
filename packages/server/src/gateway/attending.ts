import { type PeopleMessage, type PersonPresence, parseAddress } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import { plainName } from './document-key.ts';
import type { Line } from './line.ts';
import type { Attendance, Attendee } from './roster.ts';

/** The workspaces that one socket has open: where its person is seen, and where it hears who else is there. */
export class Attending implements Attendee {
  readonly #line: Line;
  #places: Map<string, Attendance> | undefined;
  #said: 'online' | 'idle' = 'online';
  /** Without a WebSocket, its session hears nothing; after a while its person is not shown. */
  #link: 'there' | 'cut' | 'absent' = 'there';

  constructor(line: Line) {
    this.#line = line;
  }

  get state(): PersonPresence['state'] {
    return this.#link === 'absent' ? 'away' : this.#said;
  }

  send(message: PeopleMessage): void {
    if (this.#link === 'there' && this.#line.speaksWeft) this.#line.send(message);
  }

  opened(principal: Principal, key: string): void {
    const address = parseAddress(plainName(key));
    if (address?.kind !== 'workspace' || this.#places?.has(key) === true) return;
    this.#places ??= new Map();
    this.#places.set(key, this.#line.host.attend(principal, address.id, this));
  }

  closed(key: string): void {
    this.#places?.get(key)?.leave();
    this.#places?.delete(key);
  }

  /** Its person says whether they are at this device. */
  says(state: 'online' | 'idle'): void {
    this.#said = state;
    this.#changed();
  }

  parked(): void {
    this.#link = 'cut';
  }

  absent(): void {
    this.#link = 'absent';
    this.#changed();
  }

  /** What happened meanwhile was not kept for it: it is told where everybody is. */
  returned(): void {
    this.#link = 'there';
    this.#changed();
    for (const place of this.#places?.values() ?? []) place.refresh();
  }

  #changed(): void {
    for (const place of this.#places?.values() ?? []) place.changed();
  }
}
