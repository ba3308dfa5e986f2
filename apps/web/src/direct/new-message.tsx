import { type ReactNode, useId, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { ChoiceDialog } from '../parts/choice-dialog.tsx';
import { useChoice } from '../parts/use-choice.ts';
import { type KnownPerson, findPeople } from './known-people.ts';

export interface NewMessageProps {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
  readonly people: readonly KnownPerson[];
  /** Goes to the conversation with somebody. */
  readonly write: (person: KnownPerson) => void;
}

/** Chooses somebody to write to, by typing a part of their name. */
export function NewMessage({ open, setOpen, people, write }: NewMessageProps): ReactNode {
  return (
    <ChoiceDialog open={open} setOpen={setOpen} title="New message">
      <People
        people={people}
        write={(person) => {
          setOpen(false);
          write(person);
        }}
      />
    </ChoiceDialog>
  );
}

function People({ people, write }: Pick<NewMessageProps, 'people' | 'write'>): ReactNode {
  const list = useId();
  const [typed, setTyped] = useState('');
  const found = findPeople(people, typed);
  const optionId = ({ sub }: KnownPerson) => `${list}-${sub}`;
  const { chosen, chosenId, choose, onKeyDown } = useChoice(found, optionId, write);
  return (
    <>
      <input
        className="command-input"
        role="combobox"
        aria-label="To"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={chosenId}
        placeholder="Write to…"
        autoFocus
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          choose(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="command-list" id={list} role="listbox" aria-label="People">
        {found.map((person) => (
          <div
            key={person.sub}
            id={optionId(person)}
            role="option"
            tabIndex={-1}
            aria-selected={person === chosen}
            className="command"
            onPointerMove={() => choose(found.indexOf(person))}
            onClick={() => write(person)}
            onKeyDown={onKeyDown}
          >
            <Avatar sub={person.sub} name={person.name} />
            <span dir="auto">{person.name}</span>
          </div>
        ))}
      </div>
      {found.length > 0 ? null : (
        <p className="command-none">
          {people.length === 0
            ? 'Nobody is known here yet. People appear once they have opened a channel of this workspace.'
            : 'Nobody by that name'}
        </p>
      )}
    </>
  );
}
