import { type Universe, copiedUniverse } from '../universe.ts';
import { ACCESS_BUGS } from './access-bugs.ts';
import { ADMISSION_BUGS } from './admission-bugs.ts';
import type { Bug } from './bug.ts';
import { CLIENT_BUGS } from './client-bugs.ts';
import { CONVERSATION_BUGS } from './conversation-bugs.ts';
import { FLOW_BUGS } from './flow-bugs.ts';
import { doorGuards } from './guards.ts';
import { SERVER_BUGS } from './server-bugs.ts';
import { SESSION_BUGS } from './session-bugs.ts';
import { STORE_BUGS } from './store-bugs.ts';
import { TAB_BUGS } from './tab-bugs.ts';
import { unchanged } from './wrap.ts';

/** Every planted bug. */
export const PLANTED: readonly Bug[] = [
  ...STORE_BUGS,
  ...SERVER_BUGS,
  ...CLIENT_BUGS,
  ...SESSION_BUGS,
  ...CONVERSATION_BUGS,
  ...ACCESS_BUGS,
  ...ADMISSION_BUGS,
  ...FLOW_BUGS,
  ...TAB_BUGS,
];

/** The door, once without each of its guards. */
export function unguarded(): readonly Bug[] {
  return doorGuards().map(({ name, transform }) => ({ name: `without ${name}`, transform }));
}

/** Our packages with a bug in them. */
export function plant(bug: Bug): Promise<Universe> {
  return copiedUniverse(bug.name, bug.transform ?? unchanged, bug.wrappers);
}
