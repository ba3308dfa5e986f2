import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from 'react';
import { type Pane as PaneState, type Panes, type Side, WIDTHS } from './use-panes.ts';

export interface PaneProps {
  readonly side: Side;
  readonly panes: Panes;
  /** Accessible name. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A pane beside the page, or a sheet over it on a narrow screen. */
export function Pane({ side, panes, label, children }: PaneProps): ReactNode {
  const pane = panes[side];
  if (panes.narrow) {
    return (
      <Dialog.Root open={pane.open} onOpenChange={(open) => panes.setOpen(side, open)}>
        <Dialog.Portal>
          <Dialog.Overlay className="overlay" />
          <Dialog.Content className="sheet" data-side={side} aria-describedby={undefined}>
            <Dialog.Title className="sr-only">{label}</Dialog.Title>
            {children}
            <Dialog.Close className="sheet-close" aria-label="Close">
              <X size={18} aria-hidden="true" strokeWidth={1.75} />
            </Dialog.Close>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    );
  }
  if (!pane.open) return null;
  return (
    <div className="pane" data-side={side} style={{ width: pane.width }}>
      {children}
      <Resizer side={side} pane={pane} setWidth={panes.setWidth} label={label} />
    </div>
  );
}

/** Pixels per press of an arrow key. */
const STEP = 16;

function Resizer({
  side,
  pane,
  setWidth,
  label,
}: {
  readonly side: Side;
  readonly pane: PaneState;
  readonly setWidth: Panes['setWidth'];
  readonly label: string;
}): ReactNode {
  const start = useRef<{ readonly x: number; readonly width: number }>(undefined);
  const outward = side === 'left' ? 1 : -1;
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width: pane.width };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current === undefined) return;
    setWidth(side, start.current.width + outward * (event.clientX - start.current.x));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const direction = event.key === 'ArrowRight' ? outward : -outward;
    setWidth(side, pane.width + direction * STEP);
  };
  return (
    <div
      className="resizer"
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuemin={WIDTHS.min}
      aria-valuemax={WIDTHS.max}
      aria-valuenow={pane.width}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onPointerCancel={() => {
        start.current = undefined;
      }}
      onDoubleClick={() => setWidth(side, WIDTHS[side])}
      onKeyDown={onKeyDown}
    />
  );
}
