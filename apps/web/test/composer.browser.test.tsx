import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { Composer, type ComposerProps } from '../src/conversation/composer.tsx';
import type { Attachments } from '../src/files/use-attachments.ts';
import { TypingLine } from '../src/conversation/typing-line.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/conversation.css';

const NOTHING_ATTACHED: Attachments = {
  all: [],
  problem: '',
  add: () => {},
  remove: () => {},
  take: () => [],
  putBack: () => {},
};

const PEOPLE = [
  { sub: 'bea', name: 'Bea' },
  { sub: 'ben-1', name: 'Ben' },
  { sub: 'ben-2', name: 'Ben' },
];

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  place = document.createElement('div');
  place.style.cssText = 'padding-top: 300px; width: 340px';
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  root.unmount();
  place.remove();
});

function show(attachments?: Attachments) {
  const onSubmit = vi.fn<ComposerProps['onSubmit']>().mockResolvedValue();
  const onCancel = vi.fn<ComposerProps['onCancel']>();
  const onType = vi.fn<ComposerProps['onType']>();
  flushSync(() =>
    root.render(
      <Composer
        conversation={crypto.randomUUID()}
        placeholder="Write"
        mode={{ mode: 'reply', to: { id: 'm1', name: 'Bea', text: 'Shall we?' } }}
        called={1}
        people={PEOPLE}
        onSubmit={onSubmit}
        onType={onType}
        onCancel={onCancel}
        onEditLast={() => {}}
        {...(attachments === undefined ? {} : { attachments })}
      />,
    ),
  );
  const field = place.querySelector('textarea');
  if (field === null) throw new Error('There is no field.');
  const options = () => [...place.querySelectorAll<HTMLElement>('[role=option]')];
  const chosen = () => {
    const id = field.getAttribute('aria-activedescendant');
    return id === null ? undefined : document.getElementById(id);
  };
  return { field, options, chosen, onSubmit, onCancel, onType };
}

describe('mentions in the composer', () => {
  it('are offered behind an @, gone through by arrows and taken by Enter; then Enter sends', async () => {
    const { field, options, chosen, onSubmit } = show();
    await userEvent.type(field, 'Ask @b');
    await vi.waitFor(() => expect(options()).toHaveLength(3));
    expect(chosen()?.textContent).toContain('Bea');
    expect(field.getAttribute('aria-controls')).toBe(
      place.querySelector('[role=listbox]')?.getAttribute('id'),
    );
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    expect(chosen()).toBe(options()[2]);
    expect(chosen()?.getAttribute('aria-selected')).toBe('true');
    await userEvent.keyboard('{Enter}');
    expect(field.value).toBe('Ask @Ben ');
    expect(options()).toHaveLength(0);
    expect(document.activeElement).toBe(field);
    expect(field.selectionStart).toBe(9);
    await userEvent.keyboard('now{Enter}');
    // Of the two with this name, the one that was taken comes first.
    expect(onSubmit).toHaveBeenCalledWith('Ask @Ben now', [{ sub: 'ben-2', name: 'Ben' }], []);
  });

  it('Escape closes the list and nothing else, until another @ is typed', async () => {
    const { field, options, onCancel } = show();
    await userEvent.type(field, '@b');
    await vi.waitFor(() => expect(options()).toHaveLength(3));
    await userEvent.keyboard('{Escape}');
    expect(options()).toHaveLength(0);
    expect(onCancel).not.toHaveBeenCalled();
    await userEvent.keyboard('e');
    expect(options()).toHaveLength(0);
    await userEvent.keyboard(' @b');
    await vi.waitFor(() => expect(options()).toHaveLength(3));
    await userEvent.keyboard('{Escape}{Escape}');
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it('a click takes one without the focus leaving the field', async () => {
    const { field, options } = show();
    await userEvent.type(field, '@b');
    await vi.waitFor(() => expect(options()).toHaveLength(3));
    const [first] = options();
    if (first === undefined) throw new Error('Nobody is offered.');
    await userEvent.click(first);
    expect(field.value).toBe('@Bea ');
    expect(document.activeElement).toBe(field);
  });

  it('others are told that one types, and that one does not any more', async () => {
    const { field, onType } = show();
    await userEvent.type(field, 'Hi');
    expect(onType.mock.calls).toEqual([[true], [true]]);
    await userEvent.clear(field);
    expect(onType).toHaveBeenLastCalledWith(false);
    await userEvent.type(field, 'Hi{Enter}');
    expect(onType).toHaveBeenLastCalledWith(false);
  });
});

describe('what is attached', () => {
  it('is taken out without the focus being lost: it goes on to the next one, and at last to the words', async () => {
    const all = ['a.txt', 'b.txt', 'c.txt'].map((key) => ({ key, file: new File(['x'], key) }));
    const remove = vi.fn<Attachments['remove']>();
    show({ ...NOTHING_ATTACHED, all, remove });
    const button = (name: string) =>
      place.querySelector<HTMLElement>(`[aria-label="Remove ${name}"]`);
    button('b.txt')?.click();
    expect(remove).toHaveBeenCalledWith('b.txt');
    expect(document.activeElement).toBe(button('c.txt'));
    button('c.txt')?.click();
    expect(document.activeElement).toBe(button('b.txt'));
    const { field } = show({ ...NOTHING_ATTACHED, all: all.slice(0, 1), remove });
    button('a.txt')?.click();
    await vi.waitFor(() => expect(document.activeElement).toBe(field));
  });
});

describe('what is pasted', () => {
  const PICTURE = new File(['x'], 'image.png', { type: 'image/png' });
  const paste = (given: Readonly<Record<string, string>>, files: readonly File[]) => {
    const add = vi.fn<Attachments['add']>();
    const { field } = show({ ...NOTHING_ATTACHED, add });
    const data = new DataTransfer();
    for (const [type, value] of Object.entries(given)) data.setData(type, value);
    for (const file of files) data.items.add(file);
    const event = new ClipboardEvent('paste', {
      ...{ clipboardData: data, bubbles: true, cancelable: true },
    });
    field.dispatchEvent(event);
    return { taken: event.defaultPrevented, add };
  };

  it('is text where there is text: a picture of it, as Office gives it, is not attached', () => {
    const { taken, add } = paste({ 'text/plain': 'Sum 12', 'text/html': '<b>Sum 12</b>' }, [
      PICTURE,
    ]);
    expect(taken).toBe(false);
    expect(add).not.toHaveBeenCalled();
  });

  it.each([
    ['files alone', {}],
    ['a picture of a page', { 'text/html': '<img src="https://a.example/x.png">' }],
    ['files with their names', { 'text/plain': 'image.png' }],
  ])('is attached where there is none: %s', (_, given) => {
    const { taken, add } = paste(given, [PICTURE]);
    expect(taken).toBe(true);
    expect(add).toHaveBeenCalledOnce();
  });
});

describe('the line that says who types', () => {
  it('is there when nobody does: what stands under it does not move', () => {
    const height = (people: readonly { readonly person: string; readonly name: string }[]) => {
      flushSync(() => root.render(<TypingLine people={people} />));
      return place.getBoundingClientRect().height;
    };
    const empty = height([]);
    const typist = (name: string) => ({ person: name, name });
    expect(height([typist('Bea')])).toBe(empty);
    expect(place.textContent).toBe('Bea is typing…');
    expect(height(['Ann', 'Bea', 'Eve'].map(typist))).toBe(empty);
    expect(place.textContent).toBe('Ann, Bea and Eve are typing…');
    height(['Ann', 'Bea', 'Dan', 'Eve'].map(typist));
    expect(place.textContent).toBe('Several people are typing…');
  });
});
