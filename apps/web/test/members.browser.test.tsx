import type { OwnMembership } from '@weft/client';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { MembersPopover } from '../src/channel/members-button.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/parts.css';
import '../src/styles/overlay.css';
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

const ANN = { person: 'ann', name: 'Ann', since: 1 };
const BEA = { person: 'bea', name: 'Bea', since: 2 };

async function show(
  members: readonly (typeof ANN)[],
  own: OwnMembership,
  options: { readonly offline?: boolean; readonly mayChange?: boolean } = {},
) {
  const work = {
    join: vi.fn<() => Promise<void>>().mockResolvedValue(),
    leave: vi.fn<() => Promise<void>>().mockResolvedValue(),
    dismiss: vi.fn<(id: string) => Promise<void>>().mockResolvedValue(),
  };
  flushSync(() =>
    root.render(
      <MembersPopover
        members={members}
        own={own}
        me="ann"
        offline={options.offline ?? false}
        mayChange={options.mayChange ?? true}
        {...work}
      />,
    ),
  );
  await userEvent.click(page.getByRole('button', { name: `Members: ${members.length}` }));
  const dialog = page.getByRole('dialog', { name: 'Members' });
  await expect.element(dialog).toBeVisible();
  return { dialog, ...work };
}

describe('the members of a channel', () => {
  it('an empty list says what it is, and offers the first step', async () => {
    const { dialog, join } = await show([], { state: 'out' });
    await expect.element(dialog.getByText(/^Nobody has joined yet/)).toBeVisible();
    await userEvent.click(dialog.getByRole('button', { name: 'Join this channel' }));
    expect(join).toHaveBeenCalledOnce();
  });

  it('lists who is in, and lets out', async () => {
    const { dialog, leave } = await show([ANN, BEA], { state: 'in' });
    const [first, second] = dialog.getByRole('listitem').elements();
    expect(first?.querySelector('[dir]')?.textContent).toBe('Ann');
    expect(first?.textContent).toMatch(/You$/);
    expect(second?.querySelector('[dir]')?.textContent).toBe('Bea');
    expect(second?.textContent).not.toMatch(/You$/);
    await userEvent.click(dialog.getByRole('button', { name: 'Leave this channel' }));
    expect(leave).toHaveBeenCalledOnce();
  });

  it('without a network it says when it will happen, and asks for it once', async () => {
    const { dialog } = await show([BEA], { state: 'joining' }, { offline: true });
    await expect
      .element(dialog.getByRole('status'))
      .toHaveTextContent('You will join when you are online.');
    await expect.element(dialog.getByRole('button')).toBeDisabled();
  });

  it('what was refused says why; trying again puts the refusal away', async () => {
    const failed = {
      state: 'failed',
      id: 'c1',
      action: 'join',
      in: false,
      code: 'read-only',
      reason: 'You may read this, but not change it.',
    } as const;
    const { dialog, join, dismiss } = await show([BEA], failed);
    await expect.element(dialog.getByText(/^You did not join\. You may read/)).toBeVisible();
    await userEvent.click(dialog.getByRole('button', { name: 'Join this channel' }));
    expect(dismiss).toHaveBeenCalledWith('c1');
    expect(join).toHaveBeenCalledOnce();
  });

  it('who may only read is shown the list, and no way in', async () => {
    const { dialog } = await show([BEA], { state: 'out' }, { mayChange: false });
    await expect.element(dialog.getByText('Bea', { exact: true })).toBeVisible();
    expect(dialog.getByRole('button').elements()).toEqual([]);
  });
});
