import type { Attack } from './attack.ts';
import { frames } from './frames.ts';
import { identity } from './identity.ts';
import { keys } from './keys.ts';
import { malformed } from './malformed.ts';
import { missing } from './missing.ts';
import { neighbours } from './neighbours.ts';
import { rights } from './rights.ts';
import { sizes } from './sizes.ts';

/** What an adversary with valid credentials tries, and the door refuses, by name. */
const REFUSED: ReadonlyMap<string, Attack> = new Map(
  [malformed, missing, identity, sizes, keys, neighbours, rights, frames].flatMap((group) =>
    Object.entries(group),
  ),
);

/** Those in two parts, of which the second leans on the first. */
const IN_TWO_PARTS: readonly string[] = [...Object.keys(neighbours), 'types in stored types'];

/**
 * The second part leaves with the first, which is still on its way to the log when the door judges the second. The door
 * looks for what it leans on in the document alone, and lets it through: a known hole.
 */
const AT_ONCE: ReadonlyMap<string, Attack> = new Map(
  IN_TWO_PARTS.map((name) => [
    `${name}, at once`,
    (attacker) => REFUSED.get(name)?.({ ...attacker, later: (act) => act() }),
  ]),
);

export const ATTACKS: ReadonlyMap<string, Attack> = new Map([...REFUSED, ...AT_ONCE]);

/** Attacks that must fail. */
export const ATTACK_NAMES: readonly string[] = [...REFUSED.keys()];

/** Attacks that succeed today: when the door refuses them, they move up. */
export const OPEN_ATTACK_NAMES: readonly string[] = [...AT_ONCE.keys()].filter(
  // It has one part only.
  (name) => !name.startsWith('several values'),
);
