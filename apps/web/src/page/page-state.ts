import type { DocumentAccess } from '@weft/client';
import type { ErrorCode } from '@weft/protocol';

/** What a document's page shows. */
export type PageState =
  | { readonly show: 'loading' }
  /** Nothing of it is on this device, and there is no network to ask. */
  | { readonly show: 'not-here' }
  /** Nothing of it is on this device, and the server does not speak with this version of the app. */
  | { readonly show: 'outdated' }
  | { readonly show: 'missing' }
  | { readonly show: 'denied'; readonly code: ErrorCode }
  | { readonly show: 'document'; readonly rights: Rights };

/** Whether the person may write, and why not. */
export type Rights =
  | { readonly may: 'write' }
  | { readonly may: 'read'; readonly because: 'reader' | 'commenter' | 'outdated' }
  /** Shut out since: what is on the device may still be read. */
  | { readonly may: 'read'; readonly because: 'denied'; readonly code: ErrorCode };

export interface PageFacts {
  readonly phase: 'loading' | 'local' | 'synced';
  readonly access: DocumentAccess;
  /** Whether the document holds anything at all. */
  readonly empty: boolean;
  /** Whether the directory names it. */
  readonly listed: boolean;
  /** Whether the directory is all there. */
  readonly directorySynced: boolean;
  /** Whether this device made it and the server has not been heard about it yet. */
  readonly madeHere: boolean;
  readonly offline: boolean;
}

/**
 * Decides what to show. An empty editor is shown only when the document is known to be empty: a person who
 * writes into a page that merely has not arrived would find two texts in it later.
 */
export function pageState(facts: PageFacts): PageState {
  const { phase, access, empty } = facts;
  if (phase === 'loading') return { show: 'loading' };
  if (access.state === 'denied') {
    return empty
      ? { show: 'denied', code: access.code }
      : { show: 'document', rights: { may: 'read', because: 'denied', code: access.code } };
  }
  const rights: Rights =
    access.state === 'reader' || access.state === 'commenter' || access.state === 'outdated'
      ? { may: 'read', because: access.state }
      : { may: 'write' };
  if (!empty || facts.madeHere) return { show: 'document', rights };
  if (phase === 'synced') {
    if (facts.listed) return { show: 'document', rights };
    return facts.directorySynced ? { show: 'missing' } : { show: 'loading' };
  }
  if (access.state === 'outdated') return { show: 'outdated' };
  return facts.offline ? { show: 'not-here' } : { show: 'loading' };
}
