import type { Refusal } from '@weft/client';
import { act, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RefusedDialog } from '../src/status/refused-dialog.tsx';

Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', true);

const refusal: Refusal = {
  id: '1',
  document: 'document/a',
  code: 'type-forbidden',
  message: 'This kind of document cannot hold this.',
  at: 0,
  text: 'what was written\nin two lines',
  bytes: Uint8Array.of(0, 0),
};

let root: Root;
let place: HTMLElement;

beforeEach(() => {
  place = document.createElement('div');
  document.body.append(place);
  root = createRoot(place);
});

afterEach(() => {
  act(() => root.unmount());
  place.remove();
});

const show = (node: ReactNode) => act(() => root.render(node));
const button = (name: string) =>
  [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name);
const press = (name: string) => act(async () => button(name)?.click());
const note = () => document.querySelector('.refused-note')?.textContent;

describe('what could not be kept', () => {
  it('is shown to be copied, and goes when it is discarded', async () => {
    const copied: string[] = [];
    const discarded: string[] = [];
    let closed = 0;
    show(
      <RefusedDialog
        refusal={refusal}
        title="Spec"
        onClose={() => (closed += 1)}
        onDiscard={async (id) => void discarded.push(id)}
        copy={async (text) => void copied.push(text)}
      />,
    );
    const dialog = document.querySelector('[role=dialog]');
    expect(dialog?.querySelector('h2')?.textContent).toBe('This change could not be kept');
    expect(dialog?.textContent).toContain('Spec: This kind of document cannot hold this.');
    expect(dialog?.querySelector('textarea')?.value).toBe(refusal.text);
    await press('Copy');
    expect(copied).toEqual([refusal.text]);
    expect(note()).toBe('Copied.');
    await press('Discard');
    expect(discarded).toEqual(['1']);
    expect(closed).toBe(1);
  });

  it('says what did not work, and what holds no text', async () => {
    const failing = async () => {
      throw new Error('no');
    };
    const dialog = (text: string) => (
      <RefusedDialog
        refusal={{ ...refusal, text }}
        title="Spec"
        onClose={() => undefined}
        onDiscard={failing}
        copy={failing}
      />
    );
    show(dialog('text'));
    await press('Copy');
    expect(note()).toBe('It could not be copied. Select the text instead.');
    await press('Discard');
    expect(note()).toContain('could not discard');
    show(dialog(''));
    expect(document.querySelector('textarea')).toBeNull();
    expect(button('Copy')).toBeUndefined();
  });
});
