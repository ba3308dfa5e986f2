import type { ConversationHandle, DocumentAccess } from '@weft/client';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { NewThread } from '../src/threads/new-thread.tsx';
import { ThreadNotes } from '../src/threads/thread-row.tsx';

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

const REFUSED = [
  { id: 'f1', action: 'resolve', code: 'forbidden', reason: 'It is gone.' },
] as const;

it('a device that cannot retry a change to a thread, or discard it, says so', async () => {
  const retry = vi.fn<ConversationHandle['retry']>().mockRejectedValue(new Error('No room.'));
  const dismiss = vi.fn<ConversationHandle['dismiss']>().mockResolvedValue();
  flushSync(() =>
    root.render(
      <ThreadNotes
        thread={{ state: 'stored', failed: REFUSED }}
        beside={{ retry, dismiss }}
        offline={false}
      />,
    ),
  );
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('This device could not do that. Try again.');
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect.element(page.getByRole('alert')).not.toBeInTheDocument();
});

function begin(access: DocumentAccess) {
  const observable = <Value,>(value: Value) => ({ get: () => value, subscribe: () => () => {} });
  const startThread = vi.fn<ConversationHandle['startThread']>();
  flushSync(() =>
    root.render(
      <NewThread
        beside={{
          id: 'doc',
          ...{ access: observable(access), receipts: observable([]), startThread },
        }}
        quote="set"
        called={1}
        onForget={() => {}}
      />,
    ),
  );
}

it('who may only read is told so in place of a field that would take words for nothing', async () => {
  begin({ state: 'reader' });
  await expect
    .element(page.getByRole('note'))
    .toHaveTextContent('You can read here, but not begin a thread. Whoever may write here can.');
  expect(place.querySelector('textarea')).toBeNull();
  begin({ state: 'outdated' });
  await expect.element(page.getByText(/write again after a reload/)).toBeVisible();
  begin({ state: 'denied', code: 'forbidden' });
  await expect.element(page.getByText('These threads are not open to you')).toBeVisible();
  expect(place.querySelector('textarea')).toBeNull();
});
