import type { SentEntry, TimelineItem } from '@weft/protocol';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageList } from '../src/conversation/message-list.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/parts.css';
import '../src/styles/conversation.css';

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

function show(
  items: readonly TimelineItem[],
  actions: Partial<Record<'onRetry' | 'onDelete', (id: string) => void>> = {},
) {
  flushSync(() =>
    root.render(
      <MessageList
        items={items}
        me={ME}
        offline={false}
        loaded
        empty={<p>Nothing said yet</p>}
        onRetry={actions.onRetry ?? (() => {})}
        onDelete={actions.onDelete ?? (() => {})}
      />,
    ),
  );
}

const line = (id: string) => place.querySelector<HTMLElement>(`[data-message-id="${id}"]`);
const scroller = () => place.querySelector<HTMLElement>('[role=log]');
const many = (count: number) => Array.from({ length: count }, (_, index) => stored(index + 1));

describe('the list of messages', () => {
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

  it('leaves a reader who scrolled up where they are, until they send', async () => {
    show(many(40));
    const element = scroller();
    if (element === null) throw new Error('no list');
    await vi.waitFor(() => expect(element.scrollTop).toBeGreaterThan(0));
    const scrolled = new Promise((done) =>
      element.addEventListener('scroll', done, { once: true }),
    );
    element.scrollTop = 100;
    await scrolled;
    // The list has heard of it as well: it offers the way back.
    await vi.waitFor(() => expect(place.querySelector('.to-newest')).not.toBeNull());
    show(many(41));
    expect(element.scrollTop).toBe(100);
    show([...many(41), queued('mine', 42)]);
    await vi.waitFor(() => expect(element.scrollTop).toBeGreaterThan(100));
  });

  it('[C7] a failed message says why and offers what can be done', () => {
    const onRetry = vi.fn<(id: string) => void>();
    const onDelete = vi.fn<(id: string) => void>();
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
      { onRetry, onDelete },
    );
    expect(line('f')?.textContent).toContain('Not sent. You have no access.');
    for (const button of line('f')?.querySelectorAll('button') ?? []) button.click();
    expect([onRetry.mock.calls, onDelete.mock.calls]).toEqual([[['f']], [['f']]]);
  });

  it('says what an empty one is', () => {
    show([]);
    expect(place.textContent).toContain('Nothing said yet');
    expect(place.querySelector('ol')?.getAttribute('aria-label')).toBe('Messages');
  });
});
