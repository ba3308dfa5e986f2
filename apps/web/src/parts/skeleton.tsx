import type { ReactNode } from 'react';

/**
 * Shapes of what is on its way. Its style keeps it invisible for 150 ms: what is on the device is there sooner, and
 * a flash of grey would be all that was seen.
 */
export function PageSkeleton(): ReactNode {
  return (
    <div className="skeleton skeleton-page" role="status" aria-busy="true" aria-label="Opening">
      <span style={{ width: '46%', height: 28 }} />
      <span style={{ width: '92%' }} />
      <span style={{ width: '98%' }} />
      <span style={{ width: '74%' }} />
      <span style={{ width: '88%' }} />
      <span style={{ width: '40%' }} />
    </div>
  );
}

export function MessageSkeleton(): ReactNode {
  return (
    <div className="skeleton skeleton-messages" role="status" aria-busy="true" aria-label="Opening">
      <span style={{ width: '34%' }} />
      <span style={{ width: '78%' }} />
      <span style={{ width: '28%' }} />
      <span style={{ width: '62%' }} />
    </div>
  );
}

export function ListSkeleton(): ReactNode {
  return (
    <div className="skeleton skeleton-list" role="status" aria-busy="true" aria-label="Opening">
      <span style={{ width: '72%' }} />
      <span style={{ width: '54%' }} />
      <span style={{ width: '64%' }} />
    </div>
  );
}
