import { Dialog } from 'radix-ui';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
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
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="command-menu"
          aria-describedby={undefined}
          // The conversation that opens takes the focus.
          onCloseAutoFocus={(event) => {
            if (document.activeElement !== document.body) event.preventDefault();
          }}
        >
          <Dialog.Title className="sr-only">New message</Dialog.Title>
          <Choice
            people={people}
            write={(person) => {
              setOpen(false);
              write(person);
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Choice({ people, write }: Pick<NewMessageProps, 'people' | 'write'>): ReactNode {
  const list = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const found = findPeople(people, typed);
  const chosen = found[Math.min(at, found.length - 1)];
  const optionId = ({ sub }: KnownPerson) => `${list}-${sub}`;
  const chosenId = chosen === undefined ? undefined : optionId(chosen);

  useEffect(() => {
    if (chosenId !== undefined) {
      document.getElementById(chosenId)?.scrollIntoView({ block: 'nearest' });
    }
  }, [chosenId]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setAt((now) => (Math.min(now, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (chosen !== undefined) write(chosen);
    }
  };
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
          setAt(0);
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
            onPointerMove={() => setAt(found.indexOf(person))}
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
