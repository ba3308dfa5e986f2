import type { MessageBody } from '@weft/protocol';
import type { MessageRow, StoredRow } from './group-messages.ts';

/** What the composer does with what is written in it. */
export type ComposerMode =
  | { readonly mode: 'write' }
  /** The message is an answer. */
  | {
      readonly mode: 'reply';
      readonly to: { readonly id: string; readonly name: string; readonly text: string };
    }
  /** It takes the place of a stored message's text. */
  | { readonly mode: 'edit'; readonly id: string; readonly body: MessageBody }
  /** It takes the place of a message that was not sent. */
  | { readonly mode: 'mend'; readonly id: string; readonly body: MessageBody };

export const WRITE: ComposerMode = { mode: 'write' };

/** The viewer's last message that can be edited; `undefined` for none. */
export function lastEditable(rows: readonly MessageRow[]): MessageRow | undefined {
  return rows.findLast((row) => row.own && row.state === 'stored' && isWritten(row.stored));
}

function isWritten({ deleted, membership }: StoredRow): boolean {
  return !deleted && membership === undefined;
}

/** How a message is mended: by an edit where it is stored, by sending it anew where it is not; else not at all. */
export function modeToEdit(row: MessageRow): ComposerMode | undefined {
  const { id, body } = row;
  if (!row.own) return undefined;
  switch (row.state) {
    case 'stored':
      return isWritten(row.stored) ? { mode: 'edit', id, body } : undefined;
    case 'failed':
      return { mode: 'mend', id, body };
    case 'queued':
      return undefined;
    default: {
      const unreachable: never = row;
      return unreachable;
    }
  }
}
