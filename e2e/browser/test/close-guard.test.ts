import type { Page } from 'playwright/test';
import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

/** Asks a page to close, as its cross does. @returns whether it asked back; it stays then */
async function asksBeforeClosing(page: Page): Promise<boolean> {
  const asked = page.waitForEvent('dialog').then(async (dialog) => {
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    return true;
  });
  const closed = page.waitForEvent('close').then(() => false);
  await page.close({ runBeforeUnload: true });
  return Promise.race([asked, closed]);
}

/** Once asked to, the browser undoes whatever the page writes. */
function undoneOnDemand(): void {
  for (const name of ['add', 'put'] as const) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...values) {
      const request = write.apply(this, values);
      if ('undone' in document.documentElement.dataset) this.transaction.abort();
      return request;
    };
  }
}

test('[D2] closing asks back only while something is neither on the device nor with the server', async ({
  signIn,
}) => {
  const ann = await signIn('Ann', undoneOnDemand);
  await ann.newDocument('Plan');
  await ann.type('On the device');
  await ann.hasStored();
  ann.cutOff();
  const undo = (on: boolean) =>
    ann.page.evaluate((wanted) => {
      if (wanted) document.documentElement.dataset['undone'] = '';
      else delete document.documentElement.dataset['undone'];
    }, on);
  await undo(true);
  await ann.type(', in memory');
  await expect(ann.status).toHaveAttribute('data-status', /unsaved|memory-only/);
  expect(await asksBeforeClosing(ann.page)).toBe(true);
  await ann.reconnect();
  await ann.hasStored();
  await undo(false);
  ann.cutOff();
  await ann.type(', and kept');
  await expect(ann.status).toHaveAttribute('data-status', /local|offline/);
  expect(await asksBeforeClosing(ann.page)).toBe(false);
});
