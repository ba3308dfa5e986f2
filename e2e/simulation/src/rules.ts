/** The simulated server's limits: the smallest that honest people never meet, so that attacks on them are cheap. */
export const SIM_LIMITS = {
  structs: 1_500,
  clients: 60,
  deleteRanges: 600,
  clockAdvance: 20_000,
  nesting: 8,
  keyLength: 64,
  documentBytes: 300_000,
} as const;

/** The documents of a simulation, by address. */
export const DOCUMENTS = ['document/a', 'document/b'] as const;

/** Everybody may read this one, and only the tabs write. The adversary may only read. */
export const READ_ONLY = 'document/b';

/** Nobody but the server may write here. */
export const DIRECTORY = 'workspace/main';

export const CONVERSATION = 'talk';

/** What the adversary sees of an honest conversation. */
export const TENANT = '_';

/** The person whom a token of a simulation names. */
export function subOf(token: string): string {
  return token.replace(' ', '-');
}

/** The site of the adversary. */
export const ADVERSARY = 'adversary';

/** Where a tab stands in the network. */
export function siteOf(tab: number): string {
  return `tab ${tab}`;
}

/** The person at a tab, by the token that never ends: the fourth is the third one's other device. */
export function personAt(tab: number): string {
  return `person ${tab === 3 ? 2 : tab}`;
}
