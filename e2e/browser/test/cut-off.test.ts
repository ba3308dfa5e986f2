import { expect } from 'playwright/test';
import { converged } from '../src/person.ts';
import { test } from '../src/test.ts';

test('[D1] [D2] one is cut off, writes, reloads, returns, and both texts are merged', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newDocument('Plan');
  await ann.type('Before');
  await ann.page.keyboard.press('Enter');
  await bea.openDocument('Plan');
  await bea.sees('Before');
  await ann.hasStored();

  // The proxy cuts the socket itself: a browser that is told to be offline keeps the sockets it has.
  ann.cutOff();
  await ann.type('Ann alone');
  await expect(ann.status).toHaveAttribute('data-status', 'offline');
  await bea.page.keyboard.press('Control+Home');
  await bea.type('Bea meanwhile, ');
  await bea.hasStored();

  await ann.reload();
  await ann.sees('Ann alone');
  expect(await ann.text()).not.toContain('Bea meanwhile');
  await expect(ann.status).not.toHaveAttribute('data-status', 'stored');
  await ann.toEnd();
  await ann.type(', after a reload');
  await expect(ann.status).toHaveAttribute('data-status', 'offline');
  expect(await bea.text()).not.toContain('Ann alone');

  await ann.reconnect();
  await bea.sees('Ann alone, after a reload');
  expect(await converged(ann, bea)).toBe('Bea meanwhile, Before\nAnn alone, after a reload');
  await ann.hasStored();
  await ann.reload();
  await ann.sees('Bea meanwhile, Before');
});

test('[D2] what the server has but never answered for is not shown as stored', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newDocument('Plan');
  await ann.type('Before');
  await bea.openDocument('Plan');
  await bea.sees('Before');
  await ann.hasStored();

  ann.line.pause('down');
  await ann.type(', and after');
  await bea.sees('Before, and after');
  await expect(ann.status).toHaveAttribute('data-status', 'local');
  ann.cutOff();
  await expect(ann.status).toHaveAttribute('data-status', 'offline');
  await ann.reconnect();
  await ann.hasStored();
  expect(await converged(ann, bea)).toBe('Before, and after');
});

test('[D2] the chip says offline on, and not stored, when it moves with the pane', async ({
  signIn,
}) => {
  const ann = await signIn('Ann');
  await ann.hasStored();
  ann.cutOff();
  await expect(ann.status).toHaveAttribute('data-status', 'offline');
  await ann.page.keyboard.press('Control+\\');
  await expect(ann.workspace).toHaveCount(0);
  // At once, and not after a while: a wait would see the truth return.
  expect(await ann.status.getAttribute('data-status')).toBe('offline');
});
