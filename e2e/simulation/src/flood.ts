import { createRandom } from '@weft/testkit/sim';
import type { Action, Case } from './case.ts';
import { offering, round, touch } from './generate.ts';
import { CONVERSATION, DOCUMENTS, siteOf } from './rules.ts';

/** Pastes of 66 KB: more than the server lets wait for anybody. */
const PASTES = 34;

/** A case of readers that stop reading, while others write more than the server lets wait for them. */
export function flood(seed: string): Case {
  const random = createRandom(seed).fork('flood');
  const tabs = random.int(2, 3);
  const actions: Action[] = [];
  const start = random.int(300, 600);
  const ms = random.pick([2_000, 6_000, 12_000, 40_000]);
  // The last is the one who reads all the time.
  const deaf = Array.from({ length: tabs - 1 }, (_, tab) => tab).filter(
    (tab) => tab === 0 || random.chance(0.3),
  );
  for (const tab of deaf) actions.push({ type: 'stall', when: start, site: siteOf(tab), ms });
  const span = Math.min(ms, 8_000) * random.pick([0.5, 0.9, 1.2]);
  for (let made = 1; made <= PASTES; made += 1) {
    const when = round(start + span * random.next());
    const document = random.chance(0.8) ? DOCUMENTS[0] : DOCUMENTS[1];
    const paste = { type: 'edit', kind: 'paste', at: 0, size: 1, times: 1 } as const;
    actions.push({ ...paste, when, tab: tabs - 1, document });
    if (random.chance(0.5)) {
      // Who does not read may write.
      const at = round(start + span * random.next());
      actions.push(touch(random, { tab: random.int(0, tabs - 1), document, when: at }));
    }
    if (random.chance(0.2)) {
      const text = `message ${made}`;
      actions.push({ type: 'say', when, tab: tabs - 1, conversation: CONVERSATION, text });
    }
    if (random.chance(0.05))
      actions.push({ type: 'point', when, tab: tabs - 1, document, at: 0.5 });
  }
  const sessions = offering(seed, tabs);
  return { seed, tabs, sessions, actions: actions.toSorted((a, b) => a.when - b.when) };
}
