import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { navigate } from './use-route.ts';

/** A link within the app; a modified click (new tab, download) stays the browser's. */
export function Link({
  href,
  onClick,
  children,
  ...rest
}: ComponentProps<'a'> & { readonly href: string }): ReactNode {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    event.preventDefault();
    navigate(href);
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
