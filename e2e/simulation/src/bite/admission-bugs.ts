import type { Bug } from './bug.ts';
import { instead } from './wrap.ts';

const SEATS = 'packages/server/src/admission/seats.ts';

/** Bugs of seats, and of the line before them. */
export const ADMISSION_BUGS: readonly Bug[] = [
  {
    name: 'there is one seat more than there should be',
    transform: instead(
      SEATS,
      'return this.#limits.seats - this.#seated.size - this.#keptCount;',
      'return this.#limits.seats + 1 - this.#seated.size - this.#keptCount;',
    ),
  },
  {
    name: 'who came last is seated first',
    transform: instead(SEATS, 'const [next] = this.#line;', 'const next = [...this.#line].at(-1);'),
  },
  {
    name: 'one person takes one seat after the other, before everybody else',
    transform: instead(
      SEATS,
      'this.#line.delete(person);\n      if (id === undefined) continue;',
      'if (own.length === 0) this.#line.delete(person);\n      if (id === undefined) continue;',
    ),
  },
  {
    name: 'the seat of who was cut is kept for nobody',
    transform: instead(
      'packages/server/src/admission/admission.ts',
      "how === 'cut' ? this.#now() + this.limits.keptMs : undefined",
      'undefined',
    ),
  },
  {
    name: 'a seat that is free is offered when the next one comes',
    transform: instead(
      'packages/server/src/admission/admission.ts',
      'if (this.#seats.kept > 0) this.#look();\n    this.#admit();',
      'if (this.#seats.kept > 0) this.#look();',
    ),
  },
];
