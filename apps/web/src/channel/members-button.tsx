import type { ConversationHandle, ConversationMembers } from '@weft/client';
import { useObservable } from '@weft/react';
import { Users } from 'lucide-react';
import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { useAttempt } from '../parts/use-attempt.ts';
import { Avatar } from '../parts/avatar.tsx';
import { useSession } from '../session/context.ts';
import { useOffline } from '../sync/use-offline.ts';

const NOBODY: ConversationMembers = { members: [], own: { state: 'out' } };

/** Who is in a channel, and the way in and out. */
export function MembersButton({
  conversation,
}: {
  readonly conversation: ConversationHandle | undefined;
}): ReactNode {
  const { person } = useSession();
  const offline = useOffline();
  const { members, own } = useObservable(conversation?.members, NOBODY);
  const access = useObservable(conversation?.access, { state: 'unknown' });
  return (
    <MembersPopover
      members={members}
      own={own}
      me={person.sub}
      offline={offline}
      mayChange={access.state !== 'reader' && access.state !== 'outdated'}
      join={() => conversation?.join()}
      leave={() => conversation?.leave()}
      dismiss={(id) => conversation?.dismiss(id)}
    />
  );
}

export interface MembersPopoverProps extends ConversationMembers {
  readonly me: string;
  readonly offline: boolean;
  /** Whether this person may come and go. */
  readonly mayChange: boolean;
  readonly join: () => Promise<unknown> | undefined;
  readonly leave: () => Promise<unknown> | undefined;
  readonly dismiss: (id: string) => Promise<unknown> | undefined;
}

/** The button with the number of members, and the list behind it. */
export function MembersPopover(props: MembersPopoverProps): ReactNode {
  const { members, own, me, offline, mayChange, join, leave, dismiss } = props;
  const { problem, attempt } = useAttempt();
  const isIn = own.state === 'failed' ? own.in : own.state === 'in' || own.state === 'leaving';
  const waits = own.state === 'joining' || own.state === 'leaving';
  const change = () => {
    if (own.state === 'failed') attempt(dismiss(own.id));
    attempt(isIn ? leave() : join());
  };
  const count = members.length;
  return (
    <Popover.Root>
      <Popover.Trigger className="members-button" aria-label={`Members: ${count}`}>
        <Users size={16} aria-hidden="true" strokeWidth={1.75} />
        <span aria-hidden="true">{count === 0 ? 'Members' : count}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover members"
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label="Members"
        >
          <h2>Members</h2>
          {count === 0 ? (
            <p className="members-none">
              Nobody has joined yet. Who joins is listed here, and a line in the channel says so.
            </p>
          ) : (
            <ul className="members-list">
              {members.map(({ person, name }) => (
                <li key={person}>
                  <Avatar sub={person} name={name} />
                  <span dir="auto">{name}</span>
                  {person === me ? <span className="members-you">You</span> : null}
                </li>
              ))}
            </ul>
          )}
          {mayChange ? (
            <button
              type="button"
              className="button"
              data-kind={isIn ? undefined : 'primary'}
              disabled={waits}
              onClick={change}
            >
              {isIn ? 'Leave this channel' : 'Join this channel'}
            </button>
          ) : null}
          <p className="members-note" role="status">
            {problem === '' ? noteOf(own, offline) : problem}
          </p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** What is to be said of what is on its way, or was refused. */
function noteOf(own: ConversationMembers['own'], offline: boolean): string {
  switch (own.state) {
    case 'in':
    case 'out':
      return '';
    case 'joining':
      return offline ? 'You will join when you are online.' : 'Joining…';
    case 'leaving':
      return offline ? 'You will leave when you are online.' : 'Leaving…';
    case 'failed':
      return own.action === 'join'
        ? `You did not join. ${own.reason}`
        : `You did not leave. ${own.reason}`;
    default:
      throw new Error(`There is no such state: ${JSON.stringify(own satisfies never)}.`);
  }
}
