import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { NewMessage, type NewMessageProps } from '../src/direct/new-message.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/overlay.css';

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

function show(names: readonly string[]) {
  const write = vi.fn<NewMessageProps['write']>();
  const setOpen = vi.fn<NewMessageProps['setOpen']>();
  const people = names.map((name) => ({ sub: name.toLowerCase(), name }));
  flushSync(() => root.render(<NewMessage open setOpen={setOpen} people={people} write={write} />));
  const field = page.getByRole('combobox', { name: 'To' });
  return { field, write, setOpen };
}

describe('whom to write to', () => {
  it('is found by typing, chosen by arrows and taken by Enter', async () => {
    const { field, write, setOpen } = show(['Ann', 'Bea', 'Ben']);
    await expect.element(field).toHaveFocus();
    await userEvent.keyboard('be');
    const options = page.getByRole('option').elements();
    expect(options.map((option) => option.querySelector('[dir]')?.textContent)).toEqual([
      'Bea',
      'Ben',
    ]);
    await userEvent.keyboard('{ArrowDown}');
    const active = field.element().getAttribute('aria-activedescendant');
    expect(options[1]?.id).toBe(active);
    await userEvent.keyboard('{Enter}');
    expect(write).toHaveBeenCalledWith({ sub: 'ben', name: 'Ben' });
    expect(setOpen).toHaveBeenCalledWith(false);
  });

  it('says so where nobody has that name, and where nobody is known', async () => {
    const { write } = show(['Ann']);
    await userEvent.keyboard('x{Enter}');
    await expect.element(page.getByText('Nobody by that name')).toBeVisible();
    expect(write).not.toHaveBeenCalled();
    root.unmount();
    root = createRoot(place);
    show([]);
    await expect.element(page.getByText(/^Nobody is known here yet/)).toBeVisible();
  });
});
