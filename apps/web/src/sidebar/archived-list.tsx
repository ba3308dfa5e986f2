import { FileText, Hash } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from '../routing/link.tsx';
import { pathOf } from '../routing/routes.ts';
import { titleOf, useShell } from '../shell/context.ts';

/** What was put away: it can be opened as before, and taken out again. Nothing where there is nothing. */
export function ArchivedList({ shown }: { readonly shown: string | undefined }): ReactNode {
  const { entries, workspace, mayWrite } = useShell();
  const archived = entries.filter((entry) => entry.archived === true);
  if (archived.length === 0) return null;
  return (
    <details className="sidebar-section sidebar-archived">
      <summary>Archived ({archived.length})</summary>
      <ul className="sidebar-list" aria-label="Archived">
        {archived.map((entry) => {
          const Icon = entry.kind === 'document' ? FileText : Hash;
          const title = titleOf(entry);
          const current = entry.id === shown;
          return (
            <li key={entry.id} className="entry" data-current={current ? '' : undefined}>
              <Link href={pathOf(entry)} aria-current={current ? 'page' : undefined}>
                <Icon size={16} aria-hidden="true" strokeWidth={1.75} />
                <span className="entry-title" dir="auto">
                  {title}
                </span>
              </Link>
              {mayWrite ? (
                <button
                  type="button"
                  className="text-button entry-restore"
                  aria-label={`Restore ${title}`}
                  onClick={() => workspace?.restore(entry.id)}
                >
                  Restore
                </button>
              ) : null}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
