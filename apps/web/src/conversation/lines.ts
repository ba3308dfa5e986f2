import {
  Virtualizer,
  type VirtualizerOptions,
  elementScroll,
  observeElementOffset,
  observeElementRect,
} from '@tanstack/react-virtual';
import { flushSync } from 'react-dom';

export type LinesOptions = Omit<
  VirtualizerOptions<HTMLElement, HTMLElement>,
  'observeElementRect' | 'observeElementOffset' | 'scrollToFn' | 'onChange'
>;

/**
 * TanStack's virtualizer for React. Its own hook renders within the call whatever it is told of, which React cannot do
 * while it commits: and lines are measured then, so that none stands at a wrong place for a frame.
 */
export class Lines {
  readonly virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  readonly #render: () => void;
  #committing = false;
  #anchor = 0;

  /** @param render has what is drawn drawn anew */
  constructor(options: LinesOptions, render: () => void) {
    this.#render = render;
    this.virtualizer = new Virtualizer(this.#complete(options));
    this.virtualizer.shouldAdjustScrollPositionOnItemSizeChange = ({ index }) =>
      index < this.#anchor;
  }

  set(options: LinesOptions): void {
    this.virtualizer.setOptions(this.#complete(options));
  }

  /** The first line that is read: whatever is above it may change its height, and this one stays. */
  anchor(index: number): void {
    this.#anchor = index;
  }

  /** Runs something that may tell of changes while React commits. */
  during(run: () => void): void {
    this.#committing = true;
    try {
      run();
    } finally {
      this.#committing = false;
    }
  }

  /** Takes down how high lines are that were drawn for the first time. */
  measureNew(lines: Iterable<HTMLElement>): void {
    // All are read before anything is moved: a layout for each of them is dear.
    const heights = [...lines].flatMap((line) => {
      const index = this.virtualizer.indexFromElement(line);
      if (this.virtualizer.itemSizeCache.has(index)) return [];
      return [{ index, height: line.getBoundingClientRect().height }];
    });
    this.during(() => {
      for (const { index, height } of heights) this.virtualizer.resizeItem(index, height);
    });
  }

  #complete(options: LinesOptions): VirtualizerOptions<HTMLElement, HTMLElement> {
    return {
      ...options,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: (_, sync) => {
        if (sync && !this.#committing) flushSync(this.#render);
        else this.#render();
      },
    };
  }
}
