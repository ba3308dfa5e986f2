import { FileText, Hash, UserRound, Zap } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useState } from 'react';
import { keysOf, modKey } from '../parts/keys.ts';
import { pathOf, pathOfThread, pathOfThreads } from '../routing/routes.ts';
import { navigate, useRoute } from '../routing/use-route.ts';
import { titleOf, useShell } from '../shell/context.ts';
import { nextTheme, setTheme, useTheme } from '../theme/theme.ts';
import { type Command, findCommands } from './commands.ts';

const ICONS = { Documents: FileText, Channels: Hash, People: UserRound, Actions: Zap } as const;

/** Everything that can be done, by typing a part of its name. */
export function CommandMenu({
  open,
  setOpen,
}: {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
}): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="command-menu"
          aria-describedby={undefined}
          // A command may put the focus elsewhere, into a title for instance: it stays there.
          onCloseAutoFocus={(event) => {
            if (document.activeElement !== document.body) event.preventDefault();
          }}
        >
          <Dialog.Title className="sr-only">Commands</Dialog.Title>
          <Commands close={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Commands({ close }: { readonly close: () => void }): ReactNode {
  const commands = useCommands();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const found = findCommands(commands, query);
  const chosen = found[Math.min(at, found.length - 1)];
  const chosenId = chosen?.id;

  useEffect(() => {
    if (chosenId === undefined) return;
    document.getElementById(`command-${chosenId}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosenId]);

  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    close();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((now) => (Math.min(now, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <>
      <input
        className="command-input"
        role="combobox"
        aria-label="Jump to"
        aria-expanded="true"
        aria-controls="commands"
        aria-activedescendant={chosen === undefined ? undefined : `command-${chosen.id}`}
        placeholder="Jump to a document, a channel, an action"
        autoFocus
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="command-list" id="commands" role="listbox" aria-label="Commands">
        {found.length === 0 ? <p className="command-none">Nothing by that name</p> : null}
        {found.map((command) => {
          const Icon = ICONS[command.group];
          return (
            <div
              key={command.id}
              id={`command-${command.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={command === chosen}
              className="command"
              onPointerMove={() => setAt(found.indexOf(command))}
              onClick={() => run(command)}
              onKeyDown={onKeyDown}
            >
              <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
              <span dir="auto">{command.title}</span>
              {command.keys === undefined ? (
                <span className="command-group">{command.group}</span>
              ) : (
                <kbd>{command.keys}</kbd>
              )}
            </div>
          );
        })}
      </div>
    </>
  );
}

function useCommands(): readonly Command[] {
  const { entries, directs, panes, mayWrite, create, search, newMessage } = useShell();
  const theme = useTheme();
  const route = useRoute();
  const document = route.screen === 'document' ? route.id : undefined;
  return useMemo(() => {
    const jumps = entries.map<Command>((entry) => ({
      id: entry.id,
      group: entry.kind === 'document' ? 'Documents' : 'Channels',
      title: titleOf(entry),
      run: () => navigate(pathOf(entry)),
    }));
    const people = directs.map<Command>(({ id, person }) => ({
      id,
      group: 'People',
      title: person.name,
      run: () => navigate(pathOf({ kind: 'channel', id })),
    }));
    const makes: readonly Command[] = [
      { id: '!document', group: 'Actions', title: 'New document', run: () => create('document') },
      { id: '!channel', group: 'Actions', title: 'New channel', run: () => create('channel') },
    ];
    const threads: readonly Command[] =
      document === undefined
        ? []
        : [
            {
              id: '!comment',
              group: 'Actions',
              title: 'Begin a comment thread',
              keys: keysOf('Alt+M'),
              run: () => navigate(pathOfThread(document, 'new')),
            },
            {
              id: '!threads',
              group: 'Actions',
              title: 'Show the comment threads',
              run: () => navigate(pathOfThreads(document)),
            },
          ];
    return [
      ...jumps,
      ...people,
      ...threads,
      ...(mayWrite ? makes : []),
      {
        id: '!search',
        group: 'Actions',
        title: 'Search messages',
        keys: modKey('G'),
        run: search,
      },
      { id: '!message', group: 'Actions', title: 'New message', run: newMessage },
      {
        id: '!left',
        group: 'Actions',
        title: panes.left.open ? 'Hide the workspace' : 'Show the workspace',
        keys: modKey('\\'),
        run: () => panes.toggle('left'),
      },
      {
        id: '!right',
        group: 'Actions',
        title: panes.right.open ? 'Hide the conversation' : 'Show the conversation',
        keys: modKey('.'),
        run: () => panes.toggle('right'),
      },
      {
        id: '!theme',
        group: 'Actions',
        title: `Change the appearance (now ${theme})`,
        run: () => setTheme(nextTheme(theme)),
      },
    ];
  }, [entries, directs, panes, mayWrite, create, search, newMessage, theme, document]);
}
