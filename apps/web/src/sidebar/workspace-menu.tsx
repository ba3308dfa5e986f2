import { Check, ChevronsUpDown, HardDrive, LogOut } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { useSession } from '../session/context.ts';
import { isTheme, setTheme, THEMES, useTheme } from '../theme/theme.ts';
import { StorageDialog } from '../storage/storage-dialog.tsx';
import { LeaveDialog } from './leave-dialog.tsx';

const THEME_NAMES = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

/** Who is here, how it looks, and the way out. */
export function WorkspaceMenu(): ReactNode {
  const { person } = useSession();
  const theme = useTheme();
  const [leaving, setLeaving] = useState(false);
  const [storage, setStorage] = useState(false);
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className="workspace-menu">
          <Avatar sub={person.sub} name={person.name} />
          <span className="workspace-menu-names">
            <span>Weft</span>
            <span>
              <span className="sr-only">Account of </span>
              {person.name}
            </span>
          </span>
          <ChevronsUpDown size={16} aria-hidden="true" strokeWidth={1.75} />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="start" sideOffset={4} collisionPadding={8}>
            <DropdownMenu.Label className="menu-label">Appearance</DropdownMenu.Label>
            <DropdownMenu.RadioGroup
              value={theme}
              onValueChange={(value) => {
                if (isTheme(value)) setTheme(value);
              }}
            >
              {THEMES.map((value) => (
                <DropdownMenu.RadioItem key={value} value={value} className="menu-item">
                  {THEME_NAMES[value]}
                  <DropdownMenu.ItemIndicator className="menu-check">
                    <Check size={16} aria-hidden="true" />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item className="menu-item" onSelect={() => setStorage(true)}>
              <HardDrive size={16} aria-hidden="true" strokeWidth={1.75} />
              Storage of this device…
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={() => setLeaving(true)}>
              <LogOut size={16} aria-hidden="true" strokeWidth={1.75} />
              Leave this workspace…
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <StorageDialog open={storage} setOpen={setStorage} />
      <LeaveDialog open={leaving} setOpen={setLeaving} />
    </>
  );
}
