import {
  type Member,
  type Receipt,
  type TimelineItem,
  errorDefinition,
  furthestOf,
} from '@weft/protocol';
import { type ConversationMembers, NO_HISTORY, type Typist } from '@weft/client';
import { useConversation, useObservable } from '@weft/react';
import { MessagesSquare } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { FileSourceContext } from '../files/context.ts';
import { useAttachments } from '../files/use-attachments.ts';
import { Notice } from '../parts/notice.tsx';
import { MessageSkeleton } from '../parts/skeleton.tsx';
import { useSession } from '../session/context.ts';
import { useOffline } from '../sync/use-offline.ts';
import { Composer } from './composer.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { MessageDetails } from './message-details.tsx';
import { MessageHistory } from './message-history.tsx';
import { MessageList } from './message-list.tsx';
import { mayWriteUnder, useAccess } from './access.ts';
import { ReadOnlyNote } from './read-only-note.tsx';
import { useTarget } from '../routing/use-route.ts';
import { TypingLine } from './typing-line.tsx';
import { useComposer } from './use-composer.ts';
import { useMessageWork } from './use-message-work.ts';
import { useReading } from './use-reading.ts';

export interface ConversationViewProps {
  readonly id: string;
  /** A channel stands by itself; the other kind belongs to the document with its id. */
  readonly kind: 'channel' | 'beside';
  readonly placeholder: string;
  /** First words of an empty conversation. */
  readonly emptyTitle: string;
  readonly emptyText: string;
  /** Whether the person came to write: the composer takes the focus. */
  readonly focus?: boolean;
}

const NONE: readonly TimelineItem[] = [];
const NO_RECEIPTS: readonly Receipt[] = [];
const NO_TYPISTS: readonly Typist[] = [];
const NO_MEMBERS: ConversationMembers = { members: [], own: { state: 'out' } };

/** A whole conversation: messages and the place to write. */
export function ConversationView(props: ConversationViewProps): ReactNode {
  const { id, kind, placeholder, emptyTitle, emptyText, focus = false } = props;
  const { person, madeHere, timings, revisions } = useSession();
  const conversation = useConversation(id);
  const items = useObservable(conversation?.timeline, NONE);
  const history = useObservable(conversation?.history, NO_HISTORY);
  const phase = useObservable(conversation?.phase, 'loading');
  const access = useAccess(conversation);
  const receipts = useObservable(conversation?.receipts, NO_RECEIPTS);
  const typists = useObservable(conversation?.typing, NO_TYPISTS);
  const { members } = useObservable(conversation?.members, NO_MEMBERS);
  const offline = useOffline();
  const [atEnd, setAtEnd] = useState(true);
  const divider = useReading(conversation, phase !== 'loading', atEnd);
  const furthest = useMemo(() => furthestOf(receipts, person.sub), [receipts, person]);
  const people = useMemo(() => peopleOf(items, receipts, members), [items, receipts, members]);
  const others = useMemo(
    () => [...people].flatMap(([sub, name]) => (sub === person.sub ? [] : [{ sub, name }])),
    [people, person],
  );
  const nameOf = useCallback(
    (sub: string) => (sub === person.sub ? 'You' : (people.get(sub) ?? 'Somebody')),
    [people, person],
  );
  const mayWrite = mayWriteUnder(access);
  // Of the conversation and not of its field: an edit that comes between takes that field away for a while.
  const attachments = useAttachments();
  const composer = useComposer(conversation, items, person, others);
  const work = useMessageWork(conversation, composer);
  const target = useTarget();
  const hold = useCallback(
    (first: number, last: number) => conversation?.hold(first, last) ?? (() => undefined),
    [conversation],
  );
  const onDate = useCallback(
    async (at: number) => (await conversation?.sequenceAt(at)) ?? 0,
    [conversation],
  );

  const askRevisions = useCallback((sequence: number) => revisions(id, sequence), [revisions, id]);
  const askTimings = useCallback(() => timings(id), [timings, id]);
  const onType = useCallback((types: boolean) => conversation?.setTyping(types), [conversation]);
  // Whoever goes elsewhere does not type here any more, though the channel stays open for its news.
  useEffect(() => () => conversation?.setTyping(false), [conversation]);

  // The server has been heard of this channel. (Of a document, its page says so.)
  useEffect(() => {
    if (kind === 'channel' && phase === 'synced') madeHere.delete(id);
  }, [kind, phase, madeHere, id]);

  if (access.state === 'denied') {
    return (
      <Notice tone="denied" title="This conversation is not open to you">
        {errorDefinition(access.code).message}
      </Notice>
    );
  }
  // Of what was made here, there is nothing elsewhere to wait for.
  const waiting = phase !== 'synced' && items.length === 0 && !madeHere.has(id);
  const empty =
    waiting && !offline ? (
      <MessageSkeleton />
    ) : waiting ? (
      <Notice icon={MessagesSquare} title="Earlier messages are not on this device">
        They appear when you are online. What you write now is kept here and sent then.
      </Notice>
    ) : (
      <Notice icon={MessagesSquare} title={emptyTitle}>
        {emptyText}
      </Notice>
    );
  return (
    <div className="conversation">
      <FileSourceContext value={conversation}>
        <MessageList
          history={history}
          me={person}
          offline={offline}
          mayWrite={mayWrite}
          loaded={phase !== 'loading'}
          empty={empty}
          furthest={furthest}
          divider={divider}
          nameOf={nameOf}
          actions={work.actions}
          onAtEnd={setAtEnd}
          hold={hold}
          onDate={onDate}
          {...(target === undefined ? {} : { target })}
        />
      </FileSourceContext>
      <TypingLine people={typists} />
      {work.note === undefined ? null : (
        <p
          className="composer-note"
          data-tone={work.note.tone === 'danger' ? 'danger' : undefined}
          role={work.note.tone === 'danger' ? 'alert' : 'status'}
        >
          {work.note.text}
        </p>
      )}
      {!mayWrite ? (
        <ReadOnlyNote access={access}>
          You can read this conversation, but not write in it.
        </ReadOnlyNote>
      ) : conversation === undefined ? null : (
        <Composer
          key={composer.key}
          conversation={id}
          placeholder={placeholder}
          mode={composer.mode}
          called={composer.called + (focus ? 1 : 0)}
          people={others}
          attachments={attachments}
          onType={onType}
          onSubmit={composer.submit}
          onCancel={composer.cancel}
          onEditLast={composer.editLast}
        />
      )}
      <DeleteDialog row={work.removing} onClose={work.keep} onDelete={work.remove} />
      <MessageDetails
        row={work.detailed}
        receipts={receipts}
        timings={askTimings}
        onClose={work.closeDetails}
      />
      <MessageHistory
        row={work.versioned}
        offline={offline}
        ask={askRevisions}
        onClose={work.closeVersions}
      />
    </div>
  );
}

/** Who has spoken here, has it open, or is in: `sub` to the latest name. */
function peopleOf(
  items: readonly TimelineItem[],
  receipts: readonly Receipt[],
  members: readonly Member[],
): ReadonlyMap<string, string> {
  const people = new Map<string, string>();
  for (const item of items) {
    if (item.state === 'stored') people.set(item.message.author, item.message.name);
  }
  for (const { person, name } of members) if (name !== '') people.set(person, name);
  for (const { person, name } of receipts) people.set(person, name);
  return people;
}
