import { shrink } from '@weft/testkit/sim';
import type { Action, Case } from './case.ts';
import { run } from './run.ts';
import type { Universe } from './universe.ts';

/** The least of a failing case that still breaks the same law. */
export async function shrinkCase(universe: Universe, failing: Case, budget = 600): Promise<Case> {
  const law = (await run(universe, failing)).violations[0]?.law;
  if (law === undefined) return failing;
  const breaks = async (actions: readonly Action[]) => {
    const { violations } = await run(universe, { ...failing, actions: [...actions] });
    return violations[0]?.law === law;
  };
  let actions = await shrink(failing.actions, breaks, budget);
  const single = actions.map((action) =>
    action.type === 'edit' && action.times > 1 ? { ...action, times: 1 } : action,
  );
  if (await breaks(single)) actions = await shrink(single, breaks, budget);
  return { ...failing, actions: [...actions] };
}
