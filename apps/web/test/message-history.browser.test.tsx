import type { Revisions } from '@weft/protocol';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import type { MessageRow } from '../src/conversation/group-messages.ts';
import { MessageVersions } from '../src/conversation/message-history.tsx';
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

const AT = Date.UTC(2026, 2, 1, 9);
const text = (said: string) => ({ version: 1, text: said }) as const;
const row: MessageRow & { readonly state: 'stored' } = {
  id: 'm1',
  author: { sub: 'ann', name: 'Ann' },
  own: true,
  at: AT,
  body: text('At 4 MiB, then.'),
  opensDay: true,
  opensGroup: true,
  state: 'stored',
  stored: {
    sequence: 7,
    revision: 3,
    sentAt: AT,
    editedAt: AT + 120_000,
    deleted: false,
    reactions: [],
    pinned: false,
    waiting: 0,
    failed: [],
  },
};

function show(ask: (sequence: number) => Promise<Revisions>, offline = false) {
  flushSync(() => root.render(<MessageVersions row={row} offline={offline} ask={ask} />));
}

const versions = () =>
  page
    .getByRole('listitem')
    .elements()
    .map((item) => item.querySelector('p')?.textContent);

describe('the versions of a message', () => {
  it('[C17] are the present one from the device, then those that the server tells, the newest first', async () => {
    const asked: number[] = [];
    show((sequence) => {
      asked.push(sequence);
      return Promise.resolve({
        complete: true,
        revisions: [
          { revision: 1, at: AT, body: text('At 4 MB.') },
          { revision: 2, at: AT + 60_000, body: text('At 4 MiB.') },
          { revision: 3, at: AT + 120_000, body: text('At 4 MiB, then.') },
        ],
      });
    });
    expect(versions()).toEqual(['At 4 MiB, then.']);
    await expect.element(page.getByRole('heading', { name: /At first/ })).toBeVisible();
    expect(versions()).toEqual(['At 4 MiB, then.', 'At 4 MiB.', 'At 4 MB.']);
    expect(asked).toEqual([7]);
    await expect.element(page.getByRole('status')).toBeEmptyDOMElement();
  });

  it('that said nothing are told of in words, and so are those that were files alone', async () => {
    const file = { hash: 'a'.repeat(64), name: 'warp.png', type: 'image/png', bytes: 3 };
    show(() =>
      Promise.resolve({
        complete: true,
        revisions: [
          { revision: 1, at: AT, body: { ...text(''), files: [file] } },
          { revision: 2, at: AT + 60_000, body: text('') },
        ],
      }),
    );
    await expect.element(page.getByRole('heading', { name: /At first/ })).toBeVisible();
    expect(versions()).toEqual(['At 4 MiB, then.', 'No text', 'No text, only a file: warp.png']);
  });

  it('say what is missing: without a network, without an answer, and where the server kept no more', async () => {
    show(() => Promise.reject(new Error('It was asked.')), true);
    await expect.element(page.getByText(/not on this device/)).toBeVisible();
    show(() => Promise.reject(new Error('No.')));
    await expect.element(page.getByText(/could not be asked/)).toBeVisible();
    const revisions = [{ revision: 3, at: AT, body: row.body }];
    show(() => Promise.resolve({ complete: false, revisions }));
    await expect.element(page.getByText(/were not kept/)).toBeVisible();
    expect(versions()).toEqual(['At 4 MiB, then.']);
  });
});
