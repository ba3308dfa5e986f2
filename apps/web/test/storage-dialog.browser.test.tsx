import { type DeviceStorage, type Weft, WeftError } from '@weft/client';
import { Dialog } from 'radix-ui';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoragePlace } from '../src/storage/storage-dialog.tsx';

Reflect.set(globalThis, 'IS_REACT_ACT_ENVIRONMENT', true);

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

/** A device with two documents, of which the server lacks one. */
function device(): DeviceStorage {
  const kept = new Set(['a', 'b']);
  let persistent = false;
  const durable: ReturnType<Weft['storage']['get']> = { state: 'durable' };
  return {
    get: () => durable,
    subscribe: () => () => undefined,
    estimate: async () => ({ usage: 2_000_000, quota: 1_000_000_000, persistent }),
    requestPersist: async () => (persistent = true),
    documents: async () => [...kept],
    evict: async (id) => {
      if (id === 'b') throw new WeftError('not-stored');
      kept.delete(id);
    },
  };
}

const press = (label: string) =>
  act(async () => {
    const buttons = [...document.querySelectorAll('button')];
    buttons
      .find(({ textContent, ariaLabel }) => ariaLabel === label || textContent === label)
      ?.click();
  });
const said = () => document.querySelector('[role=status]')?.textContent;

it('[D2] shows what is kept here, asks the browser to keep it, and removes what the server has', async () => {
  await act(async () => {
    root.render(
      <Dialog.Root open>
        <Dialog.Content aria-describedby={undefined}>
          <StoragePlace storage={device()} nameOf={(id) => `Document ${id}`} />
        </Dialog.Content>
      </Dialog.Root>,
    );
  });
  expect(document.body.textContent).toContain('1.9 MB of 954 MB');
  await press('Ask the browser to keep it');
  expect(document.body.textContent).toContain('The browser keeps it until you clear it');
  await press('Remove Document a from this device');
  expect(said()).toBe('Document a was removed from this device. The server has it.');
  expect(document.querySelectorAll('li')).toHaveLength(1);
  await press('Remove Document b from this device');
  expect(said()).toBe('Document b: It stays here: the server does not have all of it yet.');
  expect(document.querySelectorAll('li')).toHaveLength(1);
});
