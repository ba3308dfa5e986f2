import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import type { Present } from './people.ts';

/** Faces shown before the rest becomes a number. */
const SHOWN = 4;

/** Who else has this page open. */
export function PeopleList({ people }: { readonly people: readonly Present[] }): ReactNode {
  const shown = people.length > SHOWN + 1 ? people.slice(0, SHOWN) : people;
  const rest = people.slice(shown.length);
  return (
    <ul className="people" aria-label="People here">
      {shown.map((person) => (
        <li key={person.sub}>
          <Named names={person.name}>
            <Avatar sub={person.sub} name={person.name} />
          </Named>
        </li>
      ))}
      {rest.length === 0 ? null : (
        <li>
          <Named names={rest.map(({ name }) => name).join(', ')}>
            <span className="avatar" data-rest="">
              +{rest.length}
            </span>
          </Named>
        </li>
      )}
    </ul>
  );
}

function Named({
  names,
  children,
}: {
  readonly names: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <span className="person" role="img" aria-label={names}>
          {children}
        </span>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {names}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
