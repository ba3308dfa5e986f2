import { FileText, Hash, UserRound, Zap } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { ChoiceDialog } from '../parts/choice-dialog.tsx';
import { keysOf, modKey } from '../parts/keys.ts';
import { useChoice } from '../parts/use-choice.ts';
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
    <ChoiceDialog open={open} setOpen={setOpen} title="Commands">
      <Commands close={() => setOpen(false)} />
    </ChoiceDialog>
  );
}

const optionId = ({ id }: Command) => `command-${id}`;

function Commands({ close }: { readonly close: () => void }): ReactNode {
  const commands = useCommands();
  const [query, setQuery] = useState('');
  const found = findCommands(commands, query);
  const run = (command: Command) => {
    close();
    command.run();
  };
  const { chosen, chosenId, choose, onKeyDown } = useChoice(found, optionId, run);
  return (
    <>
      <input
        className="command-input"
        role="combobox"
        aria-label="Jump to"
        aria-expanded="true"
        aria-controls="commands"
        aria-activedescendant={chosenId}
        placeholder="Jump to a place or an action"
        autoFocus
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          choose(0);
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
              id={optionId(command)}
              role="option"
              tabIndex={-1}
              aria-selected={command === chosen}
              className="command"
              onPointerMove={() => choose(found.indexOf(command))}
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
  const isBeginning = route.screen === 'document' && route.beside.show === 'new-thread';
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
    const beside: readonly Command[] =
      document === undefined
        ? []
        : [
            // Where one is being begun, there is nowhere to go.
            ...(isBeginning
              ? []
              : [
                  {
                    id: '!comment',
                    group: 'Actions',
                    title: 'Begin a comment thread',
                    keys: keysOf('Alt+M'),
                    run: () => navigate(pathOfThread(document, 'new')),
                  } as const,
                ]),
            {
              id: '!threads',
              group: 'Actions',
              title: 'Show the comment threads',
              run: () => navigate(pathOfThreads(document)),
            },
            {
              id: '!right',
              group: 'Actions',
              title: panes.right.open ? 'Hide the conversation' : 'Show the conversation',
              keys: modKey('.'),
              run: () => panes.toggle('right'),
            },
          ];
    return [
      ...jumps,
      ...people,
      ...beside,
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
        id: '!theme',
        group: 'Actions',
        title: `Change the appearance (now ${theme})`,
        run: () => setTheme(nextTheme(theme)),
      },
    ];
  }, [entries, directs, panes, mayWrite, create, search, newMessage, theme, document, isBeginning]);
}
