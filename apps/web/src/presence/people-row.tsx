import type { PersonPresence, WorkspacePresence } from '@weft/client';
import { Tooltip } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { othersIn, presenceWords } from './words.ts';

/** Faces shown before the rest becomes a number. */
const SHOWN = 7;

/** Who else is in the workspace, or was lately; nothing while nobody is known. */
export function PeopleRow({
  presence,
  me,
  now = Date.now,
}: {
  readonly presence: WorkspacePresence;
  readonly me: { readonly sub: string };
  readonly now?: () => number;
}): ReactNode {
  const heading = useId();
  const others = othersIn(presence.people, me);
  const shown = others.length > SHOWN + 1 ? others.slice(0, SHOWN) : others;
  const rest = others.slice(shown.length);
  // Too many to be told of one by one: this person is one of them.
  const crowd = presence.people.length === 0 ? Math.max(0, presence.present - 1) : 0;
  if (others.length === 0 && crowd === 0) return null;
  return (
    <section className="sidebar-section" aria-labelledby={heading}>
      <div className="sidebar-section-head">
        <h2 id={heading}>People</h2>
      </div>
      {crowd > 0 ? (
        <p className="sidebar-empty">{crowd.toLocaleString()} others are here</p>
      ) : (
        <ul className="presence">
          {shown.map((person) => (
            <li key={person.sub}>
              <Who label={labelOf(person, now)} state={person.state}>
                <Avatar sub={person.sub} name={person.name} />
              </Who>
            </li>
          ))}
          {rest.length === 0 ? null : (
            <li>
              <Who label={rest.map((person) => labelOf(person, now)).join(', ')}>
                <span className="avatar" data-rest="">
                  +{rest.length}
                </span>
              </Who>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function labelOf(person: PersonPresence, now: () => number): string {
  return `${person.name} · ${presenceWords(person, now())}`;
}

function Who({
  label,
  state,
  children,
}: {
  readonly label: string;
  readonly state?: PersonPresence['state'];
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <span className="presence-person" role="img" aria-label={label} data-presence={state}>
          {children}
        </span>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {label}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
