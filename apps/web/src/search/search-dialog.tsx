import type { SearchHit } from '@weft/client';
import type { DirectoryEntry } from '@weft/protocol';
import { FileText, Hash, MessageSquareText, UserRound } from 'lucide-react';
import { useWeft } from '@weft/react';
import { type ReactNode, useEffect, useState } from 'react';
import { dayLabel, timeOf } from '../conversation/days.ts';
import { useToday } from '../conversation/use-today.ts';
import { ChoiceDialog } from '../parts/choice-dialog.tsx';
import { useChoice } from '../parts/use-choice.ts';
import { navigate } from '../routing/use-route.ts';
import { titleOf, useShell } from '../shell/context.ts';
import { useSearch } from './use-search.ts';
import { type Place, nothingLine, placeOf, searchedLine, snippetOf, titlesWith } from './words.ts';

const ICONS = {
  channel: Hash,
  document: FileText,
  direct: UserRound,
  thread: MessageSquareText,
} as const;

/** Messages that are asked for at first, and with each wish for more. */
const STEP = 50;

/** Finds messages on this device and on the server, and pages and channels by their titles. */
export function SearchDialog({
  open,
  setOpen,
}: {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
}): ReactNode {
  // Whoever comes back looks for something near.
  const [query, setQuery] = useState('');
  return (
    <ChoiceDialog open={open} setOpen={setOpen} title="Search messages" kind="search">
      <Search query={query} setQuery={setQuery} close={() => setOpen(false)} />
    </ChoiceDialog>
  );
}

/** A line that can be chosen. */
type Line =
  | {
      readonly kind: 'title';
      readonly key: string;
      readonly path: string;
      readonly entry: DirectoryEntry;
    }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly place: Place;
      readonly hit: SearchHit;
    }
  | { readonly kind: 'more'; readonly key: string };

const optionId = ({ key }: Line) => `found-${key}`;

function Search({
  query,
  setQuery,
  close,
}: {
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly close: () => void;
}): ReactNode {
  const { entries, directs, panes } = useShell();
  const weft = useWeft();
  // Before the first key: the worker starts while one types.
  useEffect(() => weft.prepareSearch(), [weft]);
  const [limit, setLimit] = useState(STEP);
  const searched = useSearch(query, limit);
  const results = searched?.results;
  const words = results?.words ?? [];
  const lines: readonly Line[] = [
    ...titlesWith(entries, words).map<Line>(({ entry, path }) => ({
      ...{ kind: 'title', key: entry.id, path, entry },
    })),
    ...(results?.hits ?? []).map<Line>((hit) => ({
      ...{ kind: 'message', key: `${hit.conversation}-${hit.sequence}`, hit },
      place: placeOf(hit, entries, directs),
    })),
    ...(results?.more === true ? [{ kind: 'more', key: 'more' } as const] : []),
  ];
  const go = (line: Line) => {
    if (line.kind === 'more') {
      setLimit(limit + STEP);
      return;
    }
    close();
    if (panes.narrow) panes.setOpen('left', false);
    const beside = line.kind === 'message' && /^(document|thread)$/.test(line.place.kind);
    if (beside) panes.setOpen('right', true);
    navigate(line.kind === 'title' ? line.path : line.place.path);
  };
  const { chosen, chosenId, choose, onKeyDown } = useChoice(lines, optionId, go);
  // What was found for other words says nothing about these.
  const nothing =
    results !== undefined && searched?.query === query.trim() && lines.length === 0
      ? nothingLine(results)
      : undefined;
  return (
    <>
      <input
        className="command-input"
        role="combobox"
        aria-label="Search messages"
        aria-expanded={lines.length > 0}
        aria-controls="found"
        aria-activedescendant={chosenId}
        placeholder="Search messages"
        autoFocus
        value={query}
        maxLength={200}
        onFocus={(event) => event.target.select()}
        onChange={(event) => {
          setQuery(event.target.value);
          choose(0);
          setLimit(STEP);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="command-list" id="found" role="listbox" aria-label="Found">
        {lines.map((line, place) => (
          <div
            key={line.key}
            id={optionId(line)}
            role="option"
            tabIndex={-1}
            aria-selected={line === chosen}
            className={line.kind === 'message' ? 'command found' : 'command'}
            onPointerMove={() => choose(place)}
            onClick={() => go(line)}
            onKeyDown={onKeyDown}
          >
            {line.kind === 'message' ? (
              <Found line={line} words={words} />
            ) : line.kind === 'title' ? (
              <Title entry={line.entry} />
            ) : (
              <span className="found-more">Show more</span>
            )}
          </div>
        ))}
        {nothing === undefined ? null : <p className="command-none">{nothing}</p>}
        {query.trim() === '' ? (
          <p className="command-none">
            Words, or their beginnings. What is on this device is found without a network, too.
          </p>
        ) : null}
      </div>
      <p className="found-foot" role="status">
        {results === undefined || words.length === 0 ? '' : searchedLine(results)}
      </p>
    </>
  );
}

function Title({ entry }: { readonly entry: DirectoryEntry }): ReactNode {
  const Icon = ICONS[entry.kind];
  return (
    <>
      <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
      <span dir="auto">{titleOf(entry)}</span>
      <span className="command-group">{entry.kind === 'document' ? 'Document' : 'Channel'}</span>
    </>
  );
}

function Found({
  line: { hit, place },
  words,
}: {
  readonly line: Line & { readonly kind: 'message' };
  readonly words: readonly string[];
}): ReactNode {
  const now = useToday();
  const Icon = ICONS[place.kind];
  return (
    <>
      <span className="found-head">
        <span className="found-author" dir="auto">
          {hit.name}
        </span>
        <span className="found-place">
          <Icon size={12} aria-hidden="true" strokeWidth={1.75} />
          <span dir="auto">{place.name}</span>
        </span>
        <time dateTime={new Date(hit.at).toISOString()}>
          {dayLabel(hit.at, now)}, {timeOf(hit.at)}
        </time>
      </span>
      <span className="found-text" dir="auto">
        {snippetOf(hit.text, words).map(({ text, marked }, index) =>
          marked ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
        )}
      </span>
    </>
  );
}
