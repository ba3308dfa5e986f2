import type { Attack } from './attack.ts';
import { frames } from './frames.ts';
import { identity } from './identity.ts';
import { keys } from './keys.ts';
import { malformed } from './malformed.ts';
import { missing } from './missing.ts';
import { neighbours } from './neighbours.ts';
import { rights } from './rights.ts';
import { sizes } from './sizes.ts';

/** Everything that an adversary with valid credentials tries, by name. */
export const ATTACKS: ReadonlyMap<string, Attack> = new Map(
  [malformed, missing, identity, sizes, keys, neighbours, rights, frames].flatMap((group) =>
    Object.entries(group),
  ),
);

export const ATTACK_NAMES: readonly string[] = [...ATTACKS.keys()];
