import type { PersonPresence, WorkspacePresence } from '@weft/client';
import { Tooltip } from 'radix-ui';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PeopleRow } from '../src/presence/people-row.tsx';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/parts.css';
import '../src/styles/sidebar.css';
import '../src/styles/presence.css';

const NOW = 10_000_000;
const ME = { sub: 'ann' };

let place: HTMLElement;
let root: Root;

beforeEach(() => {
  place = document.createElement('div');
  place.style.width = '260px';
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  root.unmount();
  place.remove();
});

function show(presence: WorkspacePresence): void {
  flushSync(() => {
    root.render(
      <Tooltip.Provider>
        <PeopleRow presence={presence} me={ME} now={() => NOW} />
      </Tooltip.Provider>,
    );
  });
}

const person = (sub: string, state: PersonPresence['state'], ago = 0): PersonPresence => ({
  sub,
  name: sub.toUpperCase(),
  state,
  at: NOW - ago,
});

const labels = () =>
  [...place.querySelectorAll('[role="img"]')].map((each) => each.getAttribute('aria-label'));

describe('people of the workspace', () => {
  it('are there with words for who cannot see the dot, and nothing is shown of nobody', () => {
    show({ present: 1, people: [person('ann', 'online')] });
    expect(place.textContent).toBe('');
    const people = [
      person('ann', 'online'),
      person('cleo', 'away', 7_200_000),
      person('bea', 'online'),
      person('dan', 'idle', 600_000),
    ];
    show({ present: 3, people });
    expect(labels()).toEqual([
      'BEA · Online',
      'DAN · Idle for 10 min',
      'CLEO · Last seen 2 hours ago',
    ]);
    const opacity = (state: string) => {
      const face = place.querySelector(`[data-presence="${state}"] .avatar`);
      return face === null ? undefined : Number(getComputedStyle(face).opacity);
    };
    expect(opacity('online')).toBe(1);
    expect(opacity('idle')).toBeLessThan(1);
    expect(opacity('away')).toBeLessThan(opacity('idle') ?? 0);
  });

  it('are some faces and a number where they are more, and a number alone where they are many', () => {
    show({
      present: 12,
      people: Array.from({ length: 12 }, (_, n) => person(`person-${10 + n}`, 'online')),
    });
    expect(labels()).toHaveLength(8);
    expect(labels().at(-1)?.split(', ')).toHaveLength(5);
    show({ present: 5_001, people: [] });
    expect(place.textContent).toContain('others are here');
    expect(labels()).toEqual([]);
  });
});
