import { CircleAlert, type LucideIcon, Lock } from 'lucide-react';
import type { ReactNode } from 'react';

export interface NoticeProps {
  /** `denied` and `error` bring their own sign. */
  readonly tone?: 'denied' | 'error';
  readonly icon?: LucideIcon;
  readonly title: string;
  /** What it means, what is safe, what to do. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** A screen or pane that has something to say instead of content. */
export function Notice({ tone, icon, title, children, action }: NoticeProps): ReactNode {
  const Icon = icon ?? (tone === 'denied' ? Lock : CircleAlert);
  return (
    <div className="notice" data-tone={tone}>
      <Icon size={24} aria-hidden="true" strokeWidth={1.5} />
      <h2>{title}</h2>
      {children === undefined ? null : <p>{children}</p>}
      {action === undefined ? null : <div className="notice-action">{action}</div>}
    </div>
  );
}
