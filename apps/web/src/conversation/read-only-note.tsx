import type { DocumentAccess } from '@weft/client';
import type { ReactNode } from 'react';

/** Why there is no place to write. */
export function ReadOnlyNote({
  access,
  children,
}: {
  readonly access: DocumentAccess;
  /** What to say of somebody who may only read. */
  readonly children: string;
}): ReactNode {
  return (
    <p className="composer-readonly" role="note">
      {access.state === 'outdated'
        ? 'This version of the app does not fit the server any more. You can read here, and write again after a reload.'
        : children}
    </p>
  );
}
