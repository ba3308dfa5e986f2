import { createRandom } from '@weft/testkit/sim';
import type { Action, Case } from './case.ts';
import { offering, round, touch } from './generate.ts';
import { CONVERSATION, DOCUMENTS, siteOf } from './rules.ts';

/** A case of more people than seats: they come, wait, are cut, work offline and go, and each must have their turn. */
export function crowd(seed: string): Case {
  const random = createRandom(seed).fork('crowd');
  const tabs = random.int(4, 7);
  const seats = random.int(1, 3);
  const actions: Action[] = [];
  let clock = 100;
  const end = random.pick([4_000, 12_000, 25_000]);
  for (let made = 1; clock < end; made += 1) {
    clock = round(clock + 600 * random.next());
    const when = clock;
    const tab = random.int(0, tabs - 1);
    const does = random.pick(['edit', 'edit', 'say', 'nothing'] as const);
    if (does === 'edit') {
      actions.push(touch(random, { tab, document: random.pick(DOCUMENTS), when }));
    } else if (does === 'say') {
      const text = `message ${made}`;
      actions.push({ type: 'say', when, tab, conversation: CONVERSATION, text });
    }
    if (random.chance(0.35)) {
      const how = random.chance(0.7) ? 'closed' : 'killed';
      actions.push({ type: 'reload', when, tab, how, away: random.pick([10, 800, 5_000]) });
    }
    if (random.chance(0.15)) actions.push({ type: 'cut', when, site: siteOf(tab) });
    if (random.chance(0.05)) {
      actions.push({ type: 'partition', when, site: siteOf(tab), ms: random.pick([500, 4_000]) });
    }
    if (random.chance(0.03)) {
      actions.push({ type: 'crash', when, point: 'now', nth: 1, down: random.int(0, 500) });
    }
  }
  const admission = { seats, kept: random.pick([500, 2_000, 6_000]) };
  return { seed, tabs, sessions: offering(seed, tabs), admission, actions };
}
