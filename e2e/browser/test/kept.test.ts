import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

test('a channel is kept on the device until that is taken back, over a reload and without a network', async ({
  signIn,
}) => {
  const ann = await signIn('Ann');
  const { page } = ann;
  await ann.newChannel('Loom');
  await ann.send('First');
  await ann.seesMessage('First', 'stored');
  const button = page.getByRole('button', { name: 'Keep on this device' });
  const wish = page.getByRole('switch', { name: 'Keep on this device' });
  await button.click();
  await expect(page.getByText(/1 message, about/)).toBeVisible();
  await wish.click();
  await expect(page.getByText('All of it is on this device')).toBeVisible();

  await ann.reload();
  await button.click();
  await expect(wish).toBeChecked();
  await expect(page.getByText('All of it is on this device')).toBeVisible();
  await page.keyboard.press('Escape');
  ann.cutOff();
  await ann.reload();
  await button.click();
  await expect(wish).toBeChecked();
  // What others wrote meanwhile cannot be known.
  await expect(page.getByText('What is missing comes when you are online.')).toBeVisible();
  await wish.click();
  await expect(wish).not.toBeChecked();
  await page.keyboard.press('Escape');
  await ann.seesMessage('First', 'stored');

  await ann.reconnect();
  await ann.reload();
  await button.click();
  await expect(wish).not.toBeChecked();
});
