import type { Keeping } from '@weft/client';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { KeepPopover } from '../src/conversation/keep-button.tsx';
import { keepingWords, takesWords } from '../src/conversation/keep-words.ts';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/conversation.css';

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  place = document.createElement('div');
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  root.unmount();
  place.remove();
});

function show(keeping: Keeping, offline = false) {
  const wishes: boolean[] = [];
  flushSync(() =>
    root.render(
      <KeepPopover
        keeping={keeping}
        device={{ state: 'durable' }}
        offline={offline}
        takes={() => ({ messages: 12_400, bytes: 5_200_000 })}
        keep={(wish) => wishes.push(wish)}
      />,
    ),
  );
  return wishes;
}

describe('keeping a conversation on this device', () => {
  it('says what it takes, is a switch, and shows how far it is', async () => {
    const wishes = show({ state: 'off' });
    await page.getByRole('button', { name: 'Keep on this device' }).click();
    const keep = page.getByRole('switch', { name: 'Keep on this device' });
    await expect.element(page.getByText(/about 5 MB/)).toBeVisible();
    await expect.element(keep).not.toBeChecked();
    await keep.click();
    expect(wishes).toEqual([true]);

    show({ state: 'fetching', have: 3, of: 25 });
    await expect.element(keep).toBeChecked();
    const progress = page.getByRole('progressbar', { name: 'Parts on this device' });
    await expect.element(progress).toHaveAttribute('value', '3');
    await expect.element(page.getByText(/3 of 25 parts are here./)).toBeVisible();
    show({ state: 'kept' });
    await expect.element(page.getByText(/All of it/)).toBeVisible();
    expect(progress.elements()).toEqual([]);
  });

  it('promises nothing that is not so', () => {
    const kept: Keeping = { state: 'kept' };
    const fetching: Keeping = { state: 'fetching', have: 25, of: 25 };
    // Without a network it cannot be known that nothing is missing.
    expect(keepingWords(fetching, { state: 'durable' }, true)).toContain('when you are online');
    expect(keepingWords(kept, { state: 'memory-only', reason: 'full' }, false)).toContain(
      'no room',
    );
    expect(keepingWords(kept, { state: 'memory-only', reason: 'forbidden' }, false)).toContain(
      'keeps nothing just now',
    );
    expect(takesWords({ messages: 0, bytes: 0 })).toBe('There are no messages yet.');
    expect(takesWords({ messages: 1, bytes: 400 })).toBe('It has 1 message, about 400 bytes.');
  });
});
