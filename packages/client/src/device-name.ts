import {
  DEFAULT_TENANT,
  ID_PATTERN,
  TENANT_PATTERN,
  WeftError,
  isText,
  optional,
  shape,
} from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import { openProcessDevice } from '@weft/storage/process-device';
import type { WeftOptions } from './api.ts';

/** A store, and the name of what tabs share that are on it. */
export interface Device {
  readonly store: DeviceStore;
  /** Nothing where no other tab is on it. */
  readonly tabs: string | undefined;
}

/**
 * The store that is given, else the default one: IndexedDB in browsers, memory elsewhere.
 * @throws WeftError `request-invalid` in a browser when nothing says whose device it is: one person's unsent work
 * must never be sent under another's name
 */
export function deviceOf(options: WeftOptions, url: URL): Device {
  if (options.store !== undefined) return { store: options.store, tabs: options.tabs };
  // A browser that has no storage for this page is no place without storage: what is made there is at risk, and is
  // told so.
  const isPage = typeof window !== 'undefined' || typeof indexedDB !== 'undefined';
  if (openProcessDevice !== undefined && !isPage) {
    return { store: openProcessDevice(), tabs: undefined };
  }
  const owner = options.person ?? ownerOf(options.token);
  if (owner === undefined) {
    throw new WeftError(
      'request-invalid',
      'Pass `person`, a `token` that names one, or a `store`: a device keeps each person apart.',
    );
  }
  const name = deviceName(url, owner.sub, owner.tenant);
  return { store: openIndexedDbDevice({ name }), tabs: name };
}

/** The database of one person, in one tenant, on one server. @param url of the socket, as given to `createWeft` */
export function deviceName(url: URL, sub: string, tenant: string = DEFAULT_TENANT): string {
  return `weft:${url.host}:${tenant}:${sub}`;
}

/** The claims that say whose a token is (SPEC.md, "Rights"). */
const isSubject = shape({ sub: isText, tid: optional(isText) });

/** Whom a fixed token names. Not verified: it only chooses a database on this device. */
function ownerOf(
  token: WeftOptions['token'],
): { readonly sub: string; readonly tenant?: string } | undefined {
  const payload = typeof token === 'string' ? token.split('.')[1] : undefined;
  if (payload === undefined) return undefined;
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const json = new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
    const claims: unknown = JSON.parse(json);
    if (!isSubject(claims) || !ID_PATTERN.test(claims.sub)) return undefined;
    const { sub, tid = DEFAULT_TENANT } = claims;
    return TENANT_PATTERN.test(tid) ? { sub, tenant: tid } : undefined;
  } catch {
    // Not a JWT: an embedder's own kind of token, which says nothing to us.
    return undefined;
  }
}
