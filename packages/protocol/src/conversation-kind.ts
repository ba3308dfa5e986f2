import { ID_PATTERN } from './names.ts';

/**
 * What a conversation is, by its id alone: so that a device can make one without a network, and every door of the
 * server knows whose it is before anything of it is stored.
 */
export type ConversationKind =
  /** A channel; or, where there is a document with its id, the conversation beside that document. */
  | { readonly kind: 'open' }
  /** Between two people, by their prints. */
  | { readonly kind: 'direct'; readonly prints: readonly [string, string] }
  /** Comments on one place of a document: the mark there holds `anchor`. */
  | { readonly kind: 'thread'; readonly document: string; readonly anchor: string };

const DIRECT = /^direct-([A-Za-z0-9_-]{22})-([A-Za-z0-9_-]{22})$/;
const THREAD = /^thread-([0-9A-HJKMNP-TV-Z]{26})-([A-Za-z0-9_-]{1,94})$/;

/** What a conversation's id says. */
export function conversationKind(id: string): ConversationKind {
  const [, one, other] = DIRECT.exec(id) ?? [];
  if (one !== undefined && other !== undefined) return { kind: 'direct', prints: [one, other] };
  const [, anchor, document] = THREAD.exec(id) ?? [];
  if (anchor !== undefined && document !== undefined) return { kind: 'thread', document, anchor };
  return { kind: 'open' };
}

/**
 * The comment thread that a mark in a document holds.
 * @param anchor a ULID, made with the mark
 * @returns `undefined` where the document's id is too long (94 characters), or the anchor none
 */
export function threadId(document: string, anchor: string): string | undefined {
  const id = `thread-${anchor}-${document}`;
  return THREAD.test(id) && ID_PATTERN.test(id) ? id : undefined;
}
