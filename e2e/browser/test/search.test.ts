import { expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

const input = ({ page }: Person) => page.getByRole('combobox', { name: 'Search messages' });
const found = ({ page }: Person) => page.getByRole('listbox', { name: 'Found' });
const foot = ({ page }: Person) => page.locator('.found-foot');

test('[F1] [F3] messages are found by the keyboard, here and on the server, and without a network', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await ann.send('The Café opens at nine');
  await ann.send('Nothing to see');
  await ann.seesMessage('Nothing to see', 'stored');
  await expect(bea.workspace.getByRole('link', { name: 'Loom' })).toBeVisible();

  await test.step('somebody who never opened the channel finds what the server has', async () => {
    await bea.page.keyboard.press('Control+g');
    await expect(input(bea)).toBeFocused();
    await bea.page.keyboard.type('cafe ope');
    await expect(found(bea).getByRole('option')).toHaveCount(1);
    await expect(found(bea).locator('mark')).toHaveText(['Café', 'ope']);
    await expect(foot(bea)).toHaveText('1 message · everywhere you may read');
    await bea.page.keyboard.press('Enter');
    await expect(bea.page).toHaveURL(/\/c\/[^#]+#message-1$/);
    const line = bea.page.locator('[data-message-id]').filter({ hasText: 'The Café opens' });
    await expect(line).toBeFocused();
  });

  await test.step('without a network she finds what is on her device, and is told so', async () => {
    bea.cutOff();
    await expect(bea.status).toHaveAttribute('data-status', 'offline');
    await bea.page.keyboard.press('Control+g');
    await input(bea).fill('NOTHING');
    await expect(found(bea).getByRole('option')).toHaveCount(1);
    await expect(foot(bea)).toHaveText(
      '1 message on this device · the rest is searched when you are online',
    );
    await input(bea).fill('loo');
    await expect(found(bea).getByRole('option', { name: 'Loom' })).toBeVisible();
    await input(bea).fill('elsewhere');
    await expect(found(bea)).toContainText(
      'No message on this device has these words. The rest is searched when you are online.',
    );
    await expect(found(bea)).not.toContainText('No message has these words');
    await bea.reconnect();
    await expect(found(bea)).toContainText('No message has these words');
    await bea.page.keyboard.press('Escape');
    await expect(input(bea)).toHaveCount(0);
  });

  await test.step('the command menu names the search and its key', async () => {
    await ann.page.keyboard.press('Control+k');
    await ann.page.keyboard.type('search');
    await expect(ann.page.getByRole('option', { name: /Search messages/ })).toContainText('Ctrl+G');
    await ann.page.keyboard.press('Enter');
    await input(ann).fill('opens');
    await expect(found(ann).getByRole('option')).toHaveCount(1);
  });
});
