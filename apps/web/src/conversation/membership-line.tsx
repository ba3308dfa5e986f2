import type { Message } from '@weft/protocol';
import type { ReactNode } from 'react';
import { fullTimeOf, timeOf } from './days.ts';

/** Who came or left: one quiet line among the messages. */
export function MembershipLine({
  membership,
  author,
  own,
  at,
  nameOf,
}: {
  readonly membership: NonNullable<Message['membership']>;
  readonly author: string;
  readonly own: boolean;
  /** UTC milliseconds of the server's commit. */
  readonly at: number;
  readonly nameOf: (sub: string) => string;
}): ReactNode {
  return (
    <p className="membership-line">
      <bdi>{own ? 'You' : author}</bdi> {wordsOf(membership, nameOf)}{' '}
      <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
        {timeOf(at)}
      </time>
    </p>
  );
}

function wordsOf(
  { change, with: other }: NonNullable<Message['membership']>,
  nameOf: (sub: string) => string,
): string {
  if (other === undefined) return change;
  const name = nameOf(other);
  return `began a conversation with ${name === 'You' ? 'you' : name}`;
}
