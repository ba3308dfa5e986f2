import { expect } from 'playwright/test';
import { expectAccessible, prepareAccessibility } from '../src/accessibility.ts';
import { test } from '../src/test.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`nothing serious stands in the way of whoever uses the screens otherwise, in ${colorScheme}`, async ({
    signIn,
  }) => {
    const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
    const { page } = ann;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await prepareAccessibility(ann);
    await expect(ann.editor).toBeVisible();
    await expectAccessible(ann, 'home, which is the first document');

    await bea.newDocument('Loom');
    await bea.type('The warp is set');
    await bea.send('Shall we?');
    await ann.openDocument('Loom');
    await ann.sees('The warp is set');
    await ann.seesMessage('Shall we?', 'stored');
    await expectAccessible(ann, 'a document and the conversation beside it');

    await page.getByRole('link', { name: 'Threads' }).click();
    await expectAccessible(ann, 'no threads');
    await page.getByRole('button', { name: 'New thread' }).click();
    await expectAccessible(ann, 'a thread that is begun');
    await ann.send('Since when?');
    await ann.seesMessage('Since when?', 'stored');
    await expectAccessible(ann, 'a thread');
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByRole('link', { name: 'All threads' }).click();
    await page.getByText('Resolved · 1', { exact: true }).click();
    await expectAccessible(ann, 'the list of threads');

    await ann.openEntry('general');
    await ann.send('At 4 MB.');
    await ann.seesMessage('At 4 MB.', 'stored');
    await ann.composer.press('ArrowUp');
    const field = page.getByRole('textbox', { name: 'Edit the message' });
    await field.fill('At 4 MiB.');
    await field.press('Enter');
    await page.getByRole('button', { name: '(edited)' }).click();
    await expect(page.getByRole('heading', { name: /At first/ })).toBeVisible();
    await expect(page.getByRole('dialog')).toContainText('At 4 MB.');
    await expectAccessible(ann, 'the versions of a message');
    await page.keyboard.press('Escape');
    await expectAccessible(ann, 'a channel');

    await page.getByRole('button', { name: 'Keep on this device' }).click();
    await page.getByRole('switch').click();
    await expect(page.getByText('All of it is on this device')).toBeVisible();
    await expectAccessible(ann, 'what is kept');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Members/ }).click();
    await expectAccessible(ann, 'who is in a channel');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Account of Ann' }).click();
    await page.getByRole('menuitem', { name: /Storage of this device/ }).click();
    await expect(page.getByText('Used by this site')).toBeVisible();
    await expectAccessible(ann, 'storage');
  });
}
