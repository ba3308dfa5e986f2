import type { ReactNode } from 'react';
import type { MessageRow } from './group-messages.ts';
import { useMessageActions } from './message-actions.ts';
import { namesOf } from './progress.ts';

/** The reactions under a message; each is a switch for one's own. */
export function Reactions({
  row,
  nameOf,
  mayWrite,
}: {
  readonly row: MessageRow & { readonly state: 'stored' };
  readonly nameOf: (sub: string) => string;
  readonly mayWrite: boolean;
}): ReactNode {
  const { react } = useMessageActions();
  const { reactions } = row.stored;
  if (reactions.length === 0) return null;
  return (
    <ul className="reactions" aria-label="Reactions">
      {reactions.map(({ emoji, people, mine }) => {
        const who = namesOf(people.map(nameOf));
        return (
          <li key={emoji}>
            <button
              type="button"
              className="reaction"
              aria-pressed={mine}
              aria-label={`${emoji} ${who}`}
              title={who}
              disabled={!mayWrite}
              onClick={() => react(row, emoji)}
            >
              <span aria-hidden="true">{emoji}</span>
              <span aria-hidden="true">{people.length}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
