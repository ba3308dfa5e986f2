import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import { browserStorage } from '../session/browser-storage.ts';

export type Side = 'left' | 'right';

/** A side pane: whether it is there, and how wide it is when it stands beside the page. */
export interface Pane {
  readonly open: boolean;
  /** CSS pixels. */
  readonly width: number;
}

export interface Panes {
  /** Below 900 px the panes lie over the page as sheets. */
  readonly narrow: boolean;
  readonly left: Pane;
  readonly right: Pane;
  readonly setOpen: (side: Side, open: boolean) => void;
  readonly toggle: (side: Side) => void;
  readonly setWidth: (side: Side, width: number) => void;
}

/** CSS pixels. */
export const WIDTHS = { min: 200, max: 520, left: 256, right: 340 } as const;

const KEY = 'weft.panes';
const storage = browserStorage();
const NARROW = '(max-width: 899px)';

interface Kept {
  readonly left: Pane;
  readonly right: Pane;
}

/** A width that a pane may have. */
export function clampWidth(width: number): number {
  return Math.round(Math.min(WIDTHS.max, Math.max(WIDTHS.min, width)));
}

/** Reads what was kept of the panes; whatever does not fit counts as never set. */
export function readPanes(text: string | null): Kept {
  let value: unknown;
  try {
    value = text === null ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  return { left: readPane(value, 'left'), right: readPane(value, 'right') };
}

function readPane(value: unknown, side: Side): Pane {
  const pane: unknown = isRecord(value) ? value[side] : undefined;
  const { open, width } = isRecord(pane) ? pane : {};
  return {
    open: typeof open === 'boolean' ? open : true,
    width: typeof width === 'number' && Number.isFinite(width) ? clampWidth(width) : WIDTHS[side],
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function subscribeNarrow(changed: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

const isNarrow = () => matchMedia(NARROW).matches;

/** The side panes. Beside the page they remember how they were; as sheets they begin closed. */
export function usePanes(): Panes {
  const narrow = useSyncExternalStore(subscribeNarrow, isNarrow);
  const [wide, setWide] = useState(() => readPanes(storage.getItem(KEY)));
  const [sheet, setSheet] = useState<Side | 'none'>('none');

  const keep = useCallback((change: (before: Kept) => Kept) => {
    setWide((before) => {
      const next = change(before);
      storage.setItem(KEY, JSON.stringify(next));
      return next;
    });
  }, []);
  const setOpen = useCallback(
    (side: Side, open: boolean) => {
      if (isNarrow()) setSheet((now) => (open ? side : now === side ? 'none' : now));
      else keep((before) => ({ ...before, [side]: { ...before[side], open } }));
    },
    [keep],
  );
  const toggle = useCallback(
    (side: Side) => {
      if (isNarrow()) setSheet((now) => (now === side ? 'none' : side));
      else keep((before) => ({ ...before, [side]: { ...before[side], open: !before[side].open } }));
    },
    [keep],
  );
  const setWidth = useCallback(
    (side: Side, width: number) =>
      keep((before) => ({ ...before, [side]: { ...before[side], width: clampWidth(width) } })),
    [keep],
  );
  return useMemo(
    () => ({
      narrow,
      left: narrow ? { ...wide.left, open: sheet === 'left' } : wide.left,
      right: narrow ? { ...wide.right, open: sheet === 'right' } : wide.right,
      setOpen,
      toggle,
      setWidth,
    }),
    [narrow, wide, sheet, setOpen, toggle, setWidth],
  );
}
