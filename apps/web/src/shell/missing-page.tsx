import { FileQuestion } from 'lucide-react';
import type { ReactNode } from 'react';
import { Notice } from '../parts/notice.tsx';
import { Link } from '../routing/link.tsx';
import { PageHeader } from './page-header.tsx';
import { useTitle } from './use-title.ts';

/** An address that names nothing here. */
export function MissingPage(): ReactNode {
  useTitle('Not found');
  return (
    <main className="page" id="page">
      <PageHeader />
      <MissingNotice />
    </main>
  );
}

export function MissingNotice(): ReactNode {
  return (
    <Notice
      icon={FileQuestion}
      title="There is nothing here"
      action={
        <Link className="button" href="/">
          Go to the first document
        </Link>
      }
    >
      The address may be mistyped, or it belongs to another workspace.
    </Notice>
  );
}
