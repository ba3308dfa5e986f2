import { Check, CheckCheck, CircleAlert, Clock, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { LineMark } from './progress.ts';

const MARKS: Readonly<Record<LineMark, { readonly icon: LucideIcon; readonly label: string }>> = {
  queued: { icon: Clock, label: 'Queued on this device' },
  stored: { icon: Check, label: 'Stored' },
  delivered: { icon: CheckCheck, label: 'Delivered' },
  read: { icon: CheckCheck, label: 'Read' },
  failed: { icon: CircleAlert, label: 'Not sent' },
};

/** How far a message has got, at the end of its line. */
export function MessageMark({ mark }: { readonly mark: LineMark }): ReactNode {
  const { icon: Icon, label } = MARKS[mark];
  return (
    <span role="img" aria-label={label} title={label} data-mark={mark}>
      <Icon size={14} aria-hidden="true" strokeWidth={mark === 'read' ? 2.75 : 2} />
    </span>
  );
}
