import { expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

/** The channels that the directory lists, in their order. */
function channels(person: Person): Promise<readonly string[]> {
  return person.workspace
    .getByRole('region', { name: 'Channels' })
    .locator('.entry-title')
    .allTextContents();
}

test('[D1] the directory is put in order, put away and taken out again, for everybody', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await ann.newChannel('Reed');
  await expect.poll(() => channels(bea)).toEqual(['general', 'Loom', 'Reed']);

  const reed = ann.workspace.getByRole('link', { name: 'Reed' });
  await reed.focus();
  await reed.press('Alt+ArrowUp');
  await reed.press('Alt+ArrowUp');
  await expect.poll(() => channels(bea)).toEqual(['Reed', 'general', 'Loom']);
  await expect(reed).toBeFocused();

  await ann.workspace.getByRole('link', { name: 'general' }).hover();
  await ann.workspace.getByRole('button', { name: 'More about general' }).click();
  await ann.page.getByRole('menuitem', { name: 'Archive' }).click();
  await expect.poll(() => channels(bea)).toEqual(['Reed', 'Loom']);
  await bea.workspace.getByText('Archived (1)').click();
  // It can be opened as before.
  await bea.workspace.getByRole('link', { name: 'general' }).click();
  await expect(bea.composer).toBeVisible();
  await bea.workspace.getByRole('button', { name: 'Restore general' }).click();
  await expect.poll(() => channels(ann)).toEqual(['Reed', 'general', 'Loom']);
});
