import { type Receipt, type Timings, seenBy } from '@weft/protocol';
import type { ReactNode } from 'react';
import { ConversationTimings } from './conversation-timings.tsx';
import { fullTimeOf } from './days.ts';
import type { MessageRow } from './group-messages.ts';
import { MessageDialog } from './message-dialog.tsx';

/** All that is known of a message: its number, its times, and who has it. */
export function MessageDetails({
  row,
  receipts,
  timings,
  onClose,
}: {
  /** The one that is shown; nothing shows nothing. */
  readonly row: MessageRow | undefined;
  readonly receipts: readonly Receipt[];
  /** Asks the server how long messages take here. */
  readonly timings: () => Promise<Timings>;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <MessageDialog open={row !== undefined} title="Message details" onClose={onClose}>
      {row?.state === 'stored' ? (
        <dl className="message-facts">
          {factsOf(row, receipts).map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {row === undefined ? null : <ConversationTimings ask={timings} />}
    </MessageDialog>
  );
}

function factsOf(
  { stored, author, at }: MessageRow & { readonly state: 'stored' },
  receipts: readonly Receipt[],
): readonly { readonly name: string; readonly value: string }[] {
  const { sequence } = stored;
  const read = seenBy(receipts, { author: author.sub, sequence });
  const delivered = receipts.filter(
    (receipt) =>
      receipt.person !== author.sub && receipt.delivered >= sequence && !read.includes(receipt),
  );
  const names = (people: readonly Receipt[]) =>
    people.length === 0 ? 'Nobody yet' : people.map(({ name }) => name).join(', ');
  return [
    { name: 'Number', value: String(sequence) },
    { name: 'Written by', value: author.name },
    { name: 'Sent, by the sender’s clock', value: fullTimeOf(stored.sentAt) },
    { name: 'Stored', value: fullTimeOf(at) },
    ...(stored.editedAt === undefined
      ? []
      : [
          {
            name: 'Edited',
            value: `${fullTimeOf(stored.editedAt)}, revision ${stored.revision}`,
          },
        ]),
    { name: 'Read by', value: names(read) },
    { name: 'Delivered to, not read', value: names(delivered) },
  ];
}
