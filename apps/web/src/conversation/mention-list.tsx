import type { ReactNode } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import type { Mentions } from './use-mentions.ts';

/** Who is offered behind an `@`, over the field that keeps the focus. */
export function MentionList({ mentions }: { readonly mentions: Mentions }): ReactNode {
  const { offered, chosen, listId, optionId, choose, take } = mentions;
  if (offered.length === 0) return null;
  // The keyboard is the field's: it names the option that is chosen, and takes it.
  /* oxlint-disable jsx-a11y/click-events-have-key-events -- see above */
  return (
    <div className="mention-list" id={listId} role="listbox" aria-label="People to mention">
      {offered.map((person) => (
        <div
          key={person.sub}
          id={optionId(person)}
          role="option"
          tabIndex={-1}
          aria-selected={person === chosen}
          className="mention-option"
          onPointerMove={() => choose(person)}
          // Before the field would lose the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(person)}
        >
          <Avatar sub={person.sub} name={person.name} />
          <span dir="auto">{person.name}</span>
        </div>
      ))}
    </div>
  );
  /* oxlint-enable jsx-a11y/click-events-have-key-events */
}
