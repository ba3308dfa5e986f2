import type { History } from '@weft/client';
import type { SentEntry, TimelineItem, Watermarks } from '@weft/protocol';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageActions } from '../src/conversation/message-actions.ts';
import { MessageList } from '../src/conversation/message-list.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/parts.css';
import '../src/styles/conversation.css';

const nothing = () => {};
const hold = (_first: number, _last: number) => nothing;
const NO_ACTIONS: Omit<MessageActions, 'jump'> = {
  retry: nothing,
  dismiss: nothing,
  reply: nothing,
  edit: nothing,
  remove: nothing,
  react: nothing,
  pin: nothing,
  history: () => {},
  details: nothing,
  copy: nothing,
};
const ME = { sub: 'ann', name: 'Ann' };
const AT = new Date(2026, 2, 1, 12).getTime();

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  place = document.createElement('div');
  place.style.cssText = 'display: flex; flex-direction: column; width: 340px; height: 300px';
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  root.unmount();
  place.remove();
});

function stored(sequence: number, author = 'bea', id = `m${sequence}`): TimelineItem {
  const body = { version: 1, text: `message ${sequence}` } as const;
  const name = author === 'ann' ? 'Ann' : 'Bea';
  const at = AT + sequence;
  return {
    state: 'stored',
    id,
    message: { id, sequence, revision: 1, author, name, at, sentAt: at, body },
  };
}

function command(id: string, sequence: number): SentEntry['command'] {
  return {
    type: 'command',
    id,
    device: 'd',
    counter: 1,
    conversation: 'c',
    at: AT + sequence,
    action: { type: 'send', body: { version: 1, text: `message ${sequence}` } },
  };
}

function queued(id: string, sequence: number): TimelineItem {
  return {
    state: 'queued',
    id,
    entry: { command: command(id, sequence), state: { state: 'queued' } },
  };
}

/** What a conversation holds of these: all of them, but for the places where there is nothing. */
function historyOf(items: readonly (TimelineItem | undefined)[]): History {
  const length = items.filter((item) => item === undefined || item.state === 'stored').length;
  const at = (sequence: number) => {
    const item = sequence > length ? undefined : items[sequence - 1];
    return item?.state === 'stored' ? item : undefined;
  };
  return {
    length,
    first: items.findLastIndex((item) => item === undefined) + 2,
    at,
    sequenceOf: (id) => {
      const found = items.findIndex((item) => item?.state === 'stored' && item.id === id);
      return found < 0 ? undefined : found + 1;
    },
    waiting: items.flatMap((item) => (item === undefined || item.state === 'stored' ? [] : [item])),
    pinned: [],
    pinnedElsewhere: [],
  };
}

function show(
  items: readonly (TimelineItem | undefined)[],
  options: {
    readonly actions?: Partial<MessageActions>;
    readonly furthest?: Partial<Watermarks>;
    readonly divider?: number;
    readonly hold?: typeof hold;
  } = {},
) {
  flushSync(() =>
    root.render(
      <MessageList
        history={historyOf(items)}
        me={ME}
        offline={false}
        mayWrite
        loaded
        empty={<p>Nothing said yet</p>}
        furthest={{ delivered: 0, read: 0, ...options.furthest }}
        divider={options.divider}
        nameOf={(sub) => `Name of ${sub}`}
        actions={{ ...NO_ACTIONS, ...options.actions }}
        onAtEnd={nothing}
        hold={options.hold ?? hold}
      />,
    ),
  );
}

const line = (id: string) => place.querySelector<HTMLElement>(`[data-message-id="${id}"]`);
const scroller = () => place.querySelector<HTMLElement>('[role=log]');
const many = (count: number) => Array.from({ length: count }, (_, index) => stored(index + 1));

describe('the list of messages', () => {
  it('a message of files alone says that it was edited', () => {
    const history = vi.fn<MessageActions['history']>();
    const item = stored(1);
    if (item.state !== 'stored') throw new Error('It is stored.');
    const files = [{ hash: 'a'.repeat(64), name: 'warp.txt', type: 'text/plain', bytes: 3 }];
    const body = { version: 1, text: '', files } as const;
    const message = { ...item.message, body, revision: 2, editedAt: AT + 60_000 };
    show([{ ...item, message }], { actions: { history } });
    line('m1')?.querySelector<HTMLElement>('.message-edited')?.click();
    expect(history).toHaveBeenCalledOnce();
  });

  it('[C7] a message becomes stored in place: the same element, not a pixel moved', () => {
    show([stored(1), queued('mine', 2)]);
    const before = line('mine');
    const box = before?.getBoundingClientRect().toJSON();
    expect(before?.dataset['state']).toBe('queued');
    expect(before?.querySelector('[role=img]')?.getAttribute('aria-label')).toBe(
      'Queued on this device',
    );
    show([stored(1), stored(2, 'ann', 'mine')]);
    expect(line('mine')).toBe(before);
    expect(before?.dataset['state']).toBe('stored');
    expect(before?.getBoundingClientRect().toJSON()).toEqual(box);
  });

  it('stays at the newest message while the reader is there', async () => {
    show(many(40));
    const atEnd = () => {
      const element = scroller();
      expect(element).not.toBeNull();
      if (element === null) return;
      expect(element.scrollHeight - element.scrollTop - element.clientHeight).toBeLessThan(2);
    };
    await vi.waitFor(atEnd);
    show(many(41));
    await vi.waitFor(atEnd);
  });

  it('goes to the newest message also where the list was empty first', async () => {
    show([]);
    show(many(100));
    await vi.waitFor(() => expect(line('m100')).not.toBeNull());
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    expect(place.querySelector('.to-newest')).toBeNull();
    show(many(101));
    await vi.waitFor(() => expect(line('m101')).not.toBeNull());
  });

  it('leaves a reader who scrolled up where they are, until they send', async () => {
    show(many(40));
    const element = scroller();
    if (element === null) throw new Error('no list');
    await vi.waitFor(() => expect(element.scrollTop).toBeGreaterThan(0));
    // Nobody scrolls a list that is not on the screen yet.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    element.scrollTop = 100;
    // The list has heard of it as well: it offers the way back.
    await vi.waitFor(() => expect(place.querySelector('.to-newest')).not.toBeNull());
    const top = () => line('m8')?.getBoundingClientRect().top;
    const before = top();
    expect(before).toBeDefined();
    show(many(41));
    expect(top()).toBe(before);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    expect(top()).toBe(before);
    expect(line('m41')).toBeNull();
    show([...many(41), queued('mine', 42)]);
    await vi.waitFor(() => expect(line('mine')).not.toBeNull());
  });

  it('[C7] a failed message says why and offers what can be done', () => {
    const retry = vi.fn<MessageActions['retry']>();
    const dismiss = vi.fn<MessageActions['dismiss']>();
    const edit = vi.fn<MessageActions['edit']>();
    const state = { state: 'failed', code: 'forbidden', message: 'You have no access.' } as const;
    show(
      [
        {
          state: 'failed',
          id: 'f',
          entry: { command: command('f', 1), state },
          code: 'forbidden',
          reason: 'You have no access.',
        },
      ],
      { actions: { retry, dismiss, edit } },
    );
    expect(line('f')?.textContent).toContain('Not sent. You have no access.');
    for (const button of line('f')?.querySelectorAll('button') ?? []) button.click();
    expect([retry.mock.calls, dismiss.mock.calls]).toEqual([[['f']], [['f']]]);
    expect(edit.mock.calls).toMatchObject([[{ id: 'f', state: 'failed' }]]);
  });

  it('[C2] a deleted message keeps its place and says so; an edited one is marked', () => {
    const [first, second] = [stored(1), stored(2)];
    if (first.state !== 'stored' || second.state !== 'stored') throw new Error('not stored');
    const gone = { version: 1, text: '' } as const;
    show([
      {
        ...first,
        message: { ...first.message, body: gone, deleted: { by: 'bea', at: AT } },
      },
      { ...second, message: { ...second.message, editedAt: AT + 5, revision: 2 } },
    ]);
    expect(line('m1')?.textContent).toContain('Message deleted');
    expect(line('m1')?.querySelector('.message-text')).toBeNull();
    expect(line('m2')?.textContent).toContain('message 2 (edited)');
  });

  it('[C8] an own message tells how far it got, and nothing moves', () => {
    const mark = () => line('m1')?.querySelector('[role=img]')?.getAttribute('aria-label');
    show([stored(1, 'ann')]);
    const box = line('m1')?.getBoundingClientRect().toJSON();
    expect(mark()).toBe('Stored');
    show([stored(1, 'ann')], { furthest: { delivered: 1 } });
    expect(mark()).toBe('Delivered');
    show([stored(1, 'ann')], { furthest: { delivered: 1, read: 1 } });
    expect(mark()).toBe('Read');
    expect(line('m1')?.getBoundingClientRect().toJSON()).toEqual(box);
  });

  it('shows what is new behind its line, reactions with who gave them, and a change that failed', () => {
    const dismiss = vi.fn<MessageActions['dismiss']>();
    const item = stored(2);
    if (item.state !== 'stored') throw new Error('not stored');
    show(
      [
        stored(1),
        {
          ...item,
          reactions: [{ emoji: '👍', people: ['ann', 'bea'] }],
          failed: [{ id: 'c', action: 'edit', code: 'not-author', reason: 'It is not yours.' }],
        },
      ],
      { divider: 1, actions: { dismiss } },
    );
    expect(line('m1')?.textContent).not.toContain('New messages');
    expect(line('m2')?.textContent).toContain('New messages');
    const reaction = line('m2')?.querySelector('.reaction');
    expect(reaction?.getAttribute('aria-label')).toBe('👍 Name of ann and Name of bea');
    expect(reaction?.getAttribute('aria-pressed')).toBe('true');
    expect(line('m2')?.textContent).toContain('The edit was not stored. It is not yours.');
    [...(line('m2')?.querySelectorAll('button') ?? [])]
      .find(({ textContent }) => textContent === 'Discard')
      ?.click();
    expect(dismiss.mock.calls).toEqual([['c']]);
  });

  it('keys go from line to line, and act on the one that has the focus', () => {
    const reply = vi.fn<MessageActions['reply']>();
    const edit = vi.fn<MessageActions['edit']>();
    show([stored(1), stored(2, 'ann'), stored(3)], { actions: { reply, edit } });
    const press = (key: string) =>
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
      );
    flushSync(() => line('m3')?.focus());
    expect(line('m3')?.querySelector('[role=toolbar]')).not.toBeNull();
    flushSync(() => press('ArrowUp'));
    expect(document.activeElement).toBe(line('m2'));
    press('e');
    flushSync(() => press('ArrowUp'));
    // Not one's own: nothing happens.
    press('e');
    press('r');
    expect(edit.mock.calls).toMatchObject([[{ id: 'm2' }]]);
    expect(reply.mock.calls).toMatchObject([[{ id: 'm1' }]]);
  });

  it('draws of 100,000 messages those that are seen, and says where each of them stands', async () => {
    show(many(100_000));
    await vi.waitFor(() =>
      expect(line('m100000')?.getBoundingClientRect().bottom).toBeLessThan(330),
    );
    expect(place.querySelectorAll('li').length).toBeLessThan(80);
    expect(line('m100000')?.getAttribute('aria-posinset')).toBe('100000');
    expect(line('m100000')?.getAttribute('aria-setsize')).toBe('100000');
  });

  it('[C6] what is read stays where it is when older messages come, and when late ones do', async () => {
    const gone = many(1_200).map((item, index) => (index < 600 ? undefined : item));
    const holds: (readonly [number, number])[] = [];
    const holding = (first: number, last: number) => {
      holds.push([first, last]);
      return nothing;
    };
    show(gone, { hold: holding });
    const element = scroller();
    if (element === null) throw new Error('no list');
    await vi.waitFor(() => expect(line('m1200')).not.toBeNull());
    // The place between what is here and what is not is before the eyes.
    await vi.waitFor(() => {
      const first = line('m602')?.getBoundingClientRect().top;
      if (first === undefined) element.scrollTop = 600 * 40 - 150;
      expect(first).toBeDefined();
    });
    await vi.waitFor(() => {
      const top = line('m604')?.getBoundingClientRect().top ?? Number.NaN;
      const middle = element.getBoundingClientRect().top + 200;
      if (Math.abs(top - middle) > 20) element.scrollTop += top - middle;
      expect(Math.abs(top - middle)).toBeLessThan(20);
      expect(place.querySelector('.message-missing')).not.toBeNull();
      expect(holds.some(([first, last]) => first <= 600 && last >= 601)).toBe(true);
    });
    const seen = line('m604');
    const before = seen?.getBoundingClientRect().top;
    expect(before).toBeDefined();
    show(many(1_200), { hold: holding });
    await vi.waitFor(() => expect(line('m600')).not.toBeNull());
    expect(place.querySelector('.message-missing')).toBeNull();
    const settled = async (top: number | undefined) => {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const now = line('m604')?.getBoundingClientRect().top ?? Number.NaN;
      expect(Math.abs(now - (top ?? 0))).toBeLessThan(1);
    };
    await settled(before);
    show(many(1_203), { hold: holding });
    await settled(before);
    expect(line('m604')).toBe(seen);
  });

  it('offers the way to the first message to somebody who has read none of them', async () => {
    show([], { divider: 0 });
    show(many(1_400), { divider: 0 });
    await vi.waitFor(() => expect(line('m1400')).not.toBeNull());
    await vi.waitFor(() => expect(place.querySelector('.to-new')).not.toBeNull());
    place.querySelector<HTMLElement>('.to-new')?.click();
    await vi.waitFor(() => expect(document.activeElement).toBe(line('m1')));
    await vi.waitFor(() => expect(place.querySelector('.to-new')).toBeNull());
  });

  it('goes to a message that is not here, and gives it the focus once it has come', async () => {
    const items = many(2_000);
    const holds: (readonly [number, number])[] = [];
    const holding = (first: number, last: number) => {
      holds.push([first, last]);
      return nothing;
    };
    const gone = items.map((item, index) => (index < 1_500 ? undefined : item));
    show(gone, { hold: holding, divider: 100 });
    await vi.waitFor(() => expect(place.querySelector('.to-new')).not.toBeNull());
    place.querySelector<HTMLElement>('.to-new')?.click();
    await vi.waitFor(() => expect(holds.at(-1)).toEqual([1, 512]));
    show(items, { hold: holding, divider: 100 });
    await vi.waitFor(() => expect(document.activeElement).toBe(line('m101')));
    expect(line('m101')?.textContent).toContain('New messages');
    const box = line('m101')?.getBoundingClientRect();
    const frame = scroller()?.getBoundingClientRect();
    expect(box?.top).toBeGreaterThan(frame?.top ?? 0);
    expect(box?.bottom).toBeLessThan(frame?.bottom ?? 0);
    // It is before the eyes: the way to it is not offered any more.
    await vi.waitFor(() => expect(place.querySelector('.to-new')).toBeNull());
  });

  it('keeps the keyboard when its line goes out of sight', async () => {
    show(many(5_000));
    await vi.waitFor(() => expect(line('m5000')).not.toBeNull());
    flushSync(() => line('m5000')?.focus());
    const element = scroller();
    if (element === null) throw new Error('no list');
    element.scrollTop = 20_000;
    await vi.waitFor(() => expect(line('m5000')).toBeNull());
    expect(document.activeElement).toBe(element);
    element.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
    await vi.waitFor(() =>
      expect(document.activeElement?.getAttribute('data-message-id')).not.toBeNull(),
    );
  });

  it('reads out what others say while it is open, and nothing of what was there', () => {
    const told = () => place.querySelector('[aria-live=polite]')?.textContent;
    show(many(3));
    expect(told()).toBe('');
    show(many(4));
    expect(told()).toBe('Bea: message 4');
    show([...many(4), stored(5, 'ann')]);
    expect(told()).toBe('');
  });

  it('says what an empty one is', () => {
    show([]);
    expect(place.textContent).toContain('Nothing said yet');
    expect(place.querySelector('ol')?.getAttribute('aria-label')).toBe('Messages');
  });
});
