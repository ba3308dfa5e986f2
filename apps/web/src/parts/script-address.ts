// oxlint-disable-next-line import/default -- the build makes an address of it
import searchWorker from '@weft/client/search-worker?worker&url';

/** Scripts that the app starts by their address: its service worker, and the worker that searches. */
export const SCRIPTS = { service: '/sw.js', search: searchWorker } as const;

let policy: ReturnType<PolicyFactory['createPolicy']> | undefined;

/** The address of a script: where pages take no plain text for one, through a policy that knows only these. */
export function scriptAddress(script: keyof typeof SCRIPTS): string {
  const address = SCRIPTS[script];
  const types = 'trustedTypes' in window ? window.trustedTypes : undefined;
  if (!isPolicyFactory(types)) return address;
  policy ??= types.createPolicy('weft-worker', {
    createScriptURL: (wanted) => {
      const known = Object.values(SCRIPTS).find((own) => own === wanted);
      if (known === undefined) throw new TypeError('This is no script of the app.');
      return known;
    },
  });
  // Browsers take the policy's object where the library's types, older than those, know only text.
  return policy.createScriptURL(address);
}

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (address: string) => string },
  ): { createScriptURL(address: string): string };
}

function isPolicyFactory(value: unknown): value is PolicyFactory {
  return typeof value === 'object' && value !== null && 'createPolicy' in value;
}
