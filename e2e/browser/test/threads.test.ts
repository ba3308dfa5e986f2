import { expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

const threads = ({ page }: Person) => page.getByRole('list', { name: 'Open threads' });
const tab = ({ page }: Person, name: RegExp) =>
  page.getByRole('navigation', { name: 'Beside this document' }).getByRole('link', { name });

/** Writes a document, and selects its last word. */
async function written(ann: Person): Promise<void> {
  await ann.newDocument('Loom');
  await ann.type('The warp is set');
  await ann.page.keyboard.press('Control+Shift+ArrowLeft');
  await ann.hasStored();
}

test('[C16] a thread about a passage: begun by keys, found, answered and settled by another', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await written(ann);
  await bea.openDocument('Loom');

  await ann.page.keyboard.press('Control+Alt+m');
  await expect(ann.page.getByRole('blockquote')).toHaveText('set');
  await expect(ann.composer).toBeFocused();
  await ann.type('Since when?');
  await ann.page.keyboard.press('Enter');
  await ann.seesMessage('Since when?', 'stored');
  await expect(ann.page).toHaveURL(/\/threads\/[0-9A-Z]{26}$/);

  // Bea hears of it while she looks at the conversation.
  await expect(tab(bea, /Threads/)).toContainText('1 unread');
  await tab(bea, /Threads/).click();
  await expect(threads(bea)).toContainText('set');
  await expect(threads(bea)).toContainText('Ann Since when?');
  await threads(bea).getByRole('link').click();
  await bea.seesMessage('Since when?', 'stored');
  await bea.send('Since Monday');
  await ann.seesMessage('Since Monday', 'stored');

  await bea.page.getByRole('button', { name: 'Resolve' }).click();
  await expect(ann.page.getByText('Resolved by Bea')).toBeVisible();
  await ann.page.getByRole('link', { name: 'All threads' }).click();
  await expect(ann.page.getByText('Everything here is resolved.')).toBeVisible();
  // Each row opens its conversation: there is none before somebody wants to see them.
  await expect(ann.page.locator('.thread-row')).toHaveCount(0);
  await ann.page.getByText('Resolved · 1', { exact: true }).click();
  await ann.page.getByRole('list', { name: 'Resolved threads' }).getByRole('link').click();
  await ann.page.getByRole('button', { name: 'Reopen' }).click();
  await expect(bea.page.getByRole('button', { name: 'Resolve' })).toBeVisible();
});

test('[C16] [C7] a thread begun while cut off is listed here, survives a reload at its address, and reaches others', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await written(ann);
  await bea.openDocument('Loom');
  await tab(bea, /Threads/).click();
  await expect(bea.page.getByText('No threads yet')).toBeVisible();

  ann.cutOff();
  await tab(ann, /Threads/).click();
  await ann.page.getByRole('button', { name: 'New thread' }).click();
  await ann.send('From the tunnel');
  const id = await ann.seesMessage('From the tunnel', 'queued');
  await ann.reload();
  await expect(ann.page.getByRole('blockquote')).toHaveText('set');
  expect(await ann.seesMessage('From the tunnel', 'queued')).toBe(id);
  await ann.page.getByRole('link', { name: 'All threads' }).click();
  await expect(threads(ann)).toContainText('Others see it when you are online');

  await ann.reconnect();
  await expect(threads(bea)).toContainText('Ann From the tunnel');
  await expect(threads(ann)).not.toContainText('Others see it');
});

test('[C16] a comment asked for while one is being begun takes the new passage and the focus, and keeps the words', async ({
  signIn,
}) => {
  const ann = await signIn('Ann');
  await written(ann);
  await ann.page.keyboard.press('Control+Alt+m');
  await expect(ann.page.getByRole('blockquote')).toHaveText('set');
  await ann.type('Since when?');

  await ann.editor.click();
  await ann.page.keyboard.press('Control+Home');
  await ann.page.keyboard.press('Control+Shift+ArrowRight');
  await ann.page.getByRole('button', { name: 'Comment' }).click();
  await expect(ann.page.getByRole('blockquote')).toHaveText('The');
  await expect(ann.composer).toBeFocused();
  await expect(ann.composer).toHaveValue('Since when?');

  await test.step('without a passage it keeps what it is about, also where the pane was closed', async () => {
    await ann.editor.click();
    await ann.page.keyboard.press('Control+End');
    await ann.page.keyboard.press('Control+.');
    await expect(ann.composer).toHaveCount(0);
    await ann.page.keyboard.press('Control+Alt+m');
    await expect(ann.page.getByRole('blockquote')).toHaveText('The');
    await expect(ann.composer).toBeFocused();
  });
  await ann.page.getByRole('button', { name: 'Not about this passage' }).click();
  await expect(ann.page.getByRole('blockquote')).toHaveText('The whole document');
  await expect(ann.composer).toBeFocused();
  await ann.page.keyboard.press('Enter');
  await ann.seesMessage('Since when?', 'stored');
  await expect(ann.page.getByRole('blockquote')).toHaveText('The whole document');
});

test('an address that names no thread says so', async ({ signIn }) => {
  const ann = await signIn('Ann');
  await written(ann);
  await ann.page.goto(`${ann.page.url()}/threads/01J00000000000000000000000`);
  await expect(ann.page.getByText('There is no such thread')).toBeVisible();
  // Of a document that is not there, nothing can be said: words would be for nobody.
  await ann.page.goto(new URL('/d/01J00000000000000000000000', ann.page.url()).href);
  await expect(ann.page.getByText('There is nothing here')).toBeVisible();
  await expect(ann.composer).toHaveCount(0);
});
