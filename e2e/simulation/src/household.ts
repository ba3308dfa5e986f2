import { createRandom } from '@weft/testkit/sim';
import type { Action, Case } from './case.ts';
import { offering, round, touch } from './generate.ts';
import { CONVERSATION, DOCUMENTS, siteOf } from './rules.ts';

/** What each tab is on: two or three tabs of one person on one device, and somebody else's. */
const HOUSEHOLDS = [
  [0, 0, 2],
  [0, 0, 0, 3],
  [0, 0, 2, 2],
] as const;

/** A case of several tabs on one device, whose storage has no room, fails, is damaged or cleared under them. */
export function household(seed: string): Case {
  const random = createRandom(seed).fork('household');
  const devices = [...random.pick(HOUSEHOLDS)];
  const tabs = devices.length;
  const actions: Action[] = [];
  const slow = random.pick([20, 80, 300]);
  const rough = random.pick([0.03, 0.08, 0.15]);
  // Some lose nothing for good: what was called safe must then be there.
  const loses = random.chance(0.6);
  let clock = 100;
  for (let made = 1; made <= 70; made += 1) {
    clock = round(clock + slow * random.next());
    const when = clock;
    const tab = random.int(0, tabs - 1);
    if (random.chance(0.75)) {
      actions.push(touch(random, { tab, document: random.pick(DOCUMENTS), when }));
    } else {
      const text = `message ${made}`;
      actions.push({ type: 'say', when, tab, conversation: CONVERSATION, text });
    }
    if (!random.chance(rough)) continue;
    const on = random.int(0, tabs - 1);
    const ms = random.pick([50, 400, 3_000]);
    const dice = random.int(0, 2 ** 30);
    switch (random.int(0, 7)) {
      case 0:
        actions.push({ type: 'device', when, tab: on, ms, health: 'failing' });
        break;
      case 1:
        actions.push({ type: 'device', when, tab: on, ms, health: 'dropping' });
        break;
      case 2:
        actions.push({ type: 'quota', when, tab: on, ms, bytes: random.int(0, 4_000) });
        break;
      case 3:
        if (loses) actions.push({ type: 'lose', when, tab: on, what: 'record', dice });
        break;
      case 4:
        if (loses) actions.push({ type: 'lose', when, tab: on, what: 'everything', dice });
        break;
      case 5:
        actions.push({ type: 'partition', when, site: siteOf(on), ms });
        break;
      default: {
        const how = random.pick(['killed', 'killed', 'closed'] as const);
        actions.push({ type: 'reload', when, tab: on, how, away: random.int(0, 400) });
      }
    }
  }
  const sessions = offering(seed, tabs);
  return { seed, tabs, sessions, devices, actions };
}
