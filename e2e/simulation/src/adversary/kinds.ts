import type { Attack } from './attack.ts';
import { frames } from './frames.ts';
import { identity } from './identity.ts';
import { keys } from './keys.ts';
import { malformed } from './malformed.ts';
import { missing } from './missing.ts';
import { neighbours } from './neighbours.ts';
import { rights } from './rights.ts';
import { sizes } from './sizes.ts';

/** What an adversary with valid credentials tries, by name. */
const ALONE: ReadonlyMap<string, Attack> = new Map(
  [malformed, missing, identity, sizes, keys, neighbours, rights, frames].flatMap((group) =>
    Object.entries(group),
  ),
);

/** Those in two parts, of which the second leans on the first. */
const IN_TWO_PARTS: readonly string[] = [
  ...Object.keys(neighbours),
  'types in stored types',
].filter(
  // It has one part only.
  (name) => !name.startsWith('several values') && !name.endsWith('in one update'),
);

/** The second part leaves with the first, which is still on its way to the log when the door judges the second. */
const AT_ONCE: ReadonlyMap<string, Attack> = new Map(
  IN_TWO_PARTS.map((name) => [
    `${name}, at once`,
    (attacker) => ALONE.get(name)?.({ ...attacker, later: (act) => act() }),
  ]),
);

/** All of them must fail. */
export const ATTACKS: ReadonlyMap<string, Attack> = new Map([...ALONE, ...AT_ONCE]);

export const ATTACK_NAMES: readonly string[] = [...ATTACKS.keys()];

/** Those whose second part must be judged beside a first one that is not stored yet. */
export const AT_ONCE_NAMES: readonly string[] = [...AT_ONCE.keys()];
