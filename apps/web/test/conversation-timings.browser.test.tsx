import { EMPTY_HISTOGRAM, type Timings, observed } from '@weft/protocol';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { ConversationTimings, stepWords } from '../src/conversation/conversation-timings.tsx';
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

const of = (...took: readonly number[]) => took.reduce(observed, EMPTY_HISTOGRAM);

describe('how long the messages of a conversation take', () => {
  it('is said in words that the numbers bear', () => {
    expect(stepWords(EMPTY_HISTOGRAM)).toBe('None yet');
    expect(stepWords(of(3, 4, 5))).toBe('within 5 ms');
    expect(stepWords(of(3, 4, 90))).toBe('half within 5 ms, most 100 ms');
    expect(stepWords(of(900, 1_400, 50_000, 90_000))).toBe('half within 2.5 s, most 10 min');
    expect(stepWords(of(3, 4_000_000))).toBe('half within 5 ms, some over an hour');
    expect(stepWords(of(4_000_000))).toBe('over an hour');
  });

  it('is told when the server answers, and says so where it cannot be asked', async () => {
    const timings: Timings = {
      since: Date.UTC(2026, 2, 1),
      sentToStored: of(3, 4),
      storedToDelivered: of(40),
      deliveredToRead: EMPTY_HISTOGRAM,
    };
    flushSync(() => root.render(<ConversationTimings ask={() => Promise.resolve(timings)} />));
    const steps = () =>
      page
        .getByRole('definition')
        .elements()
        .map((each) => each.firstElementChild?.textContent);
    await expect.element(page.getByText('within 5 ms')).toBeVisible();
    expect(steps()).toEqual(['within 5 ms', 'within 50 ms', 'None yet']);
    root.unmount();
    root = createRoot(place);
    flushSync(() =>
      root.render(<ConversationTimings ask={() => Promise.reject(new Error('no'))} />),
    );
    await expect.element(page.getByText('The server could not be asked just now.')).toBeVisible();
  });
});
