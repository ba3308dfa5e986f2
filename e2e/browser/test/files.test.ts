import { readFile } from 'node:fs/promises';
import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

/** A picture of 2 × 1 pixels. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4zwAE/wEHAAH/4iOeWQAAAABJRU5ErkJggg==',
  'base64',
);

test('[B5] [B2] a picture sent while cut off survives a reload, and another person has its very bytes', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('First');
  await bea.seesMessage('First', 'stored');

  ann.cutOff();
  await ann.page.getByLabel('Attach files').setInputFiles([
    { name: 'small.png', mimeType: 'image/png', buffer: PNG },
    {
      name: 'annexe\u202Egpj.html',
      mimeType: 'text/html',
      buffer: Buffer.from('<script></script>'),
    },
  ]);
  await expect(ann.page.getByRole('list', { name: 'Attached files' })).toContainText('small.png');
  await ann.page.getByRole('button', { name: 'Send' }).click();
  const waiting = ann.page.locator('[data-message-id][data-state=queued]');
  await expect(waiting.getByRole('img', { name: 'small.png' })).toBeVisible();
  await ann.reload();
  await expect(waiting.getByRole('img', { name: 'small.png' })).toBeVisible();
  await ann.reconnect();

  const picture = bea.page.locator('[data-state=stored]').getByRole('img', { name: 'small.png' });
  await expect(picture).toHaveJSProperty('naturalWidth', 2);
  const downloading = bea.page.waitForEvent('download');
  await bea.page.getByRole('link', { name: 'Download small.png' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('small.png');
  expect(await readFile(await download.path())).toEqual(PNG);
  // What turns a name around is shown as what it is, and a page is downloaded and not opened.
  const page = bea.page.waitForEvent('download');
  await bea.page.getByRole('button', { name: 'Download annexe_gpj.html' }).click();
  expect(await readFile(await (await page).path(), 'utf8')).toBe('<script></script>');
  await expect(ann.page.locator('[data-state=stored] .files')).toBeVisible();
  expect([...ann.errors, ...bea.errors]).toEqual([]);
});

test('[B5] what is attached waits while a message is edited, and goes with the next one', async ({
  signIn,
}) => {
  const ann = await signIn('Ann');
  await ann.newChannel('Loom');
  await ann.send('Frist');
  await ann.seesMessage('Frist', 'stored');
  const attached = ann.page.getByRole('list', { name: 'Attached files' });
  const file = { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') };
  await ann.page.getByLabel('Attach files').setInputFiles([file]);
  await expect(attached).toHaveText(/a.txt/);

  // The arrow edits the last message only where nothing is being written.
  await ann.composer.press('ArrowUp');
  await expect(ann.page.getByText('Editing your message')).toHaveCount(0);

  await ann.page.locator('[data-message-id]').last().hover();
  await ann.page.getByRole('button', { name: 'More', exact: true }).click();
  await ann.page.getByRole('menuitem', { name: 'Edit' }).click();
  await expect(attached).toHaveCount(0);
  const edited = ann.page.getByRole('textbox', { name: 'Edit the message' });
  await edited.fill('First');
  await edited.press('Enter');
  await ann.seesMessage('First', 'stored');
  await expect(ann.page.locator('.files')).toHaveCount(0);

  await expect(attached).toHaveText(/a.txt/);
  await ann.composer.press('Enter');
  await expect(ann.page.locator('[data-message-id]').last().locator('.files')).toHaveText(/a.txt/);
});

test('a file that is too large is told of in words and not attached; one is taken out again', async ({
  signIn,
}) => {
  const ann = await signIn('Ann');
  await ann.newChannel('Loom');
  const input = ann.page.getByLabel('Attach files');
  await input.setInputFiles([
    {
      name: 'huge.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(26 * 1024 * 1024),
    },
    { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') },
  ]);
  await expect(ann.page.getByRole('alert')).toHaveText(/huge.bin is larger than 25 MB/);
  const attached = ann.page.getByRole('list', { name: 'Attached files' });
  await expect(attached).toHaveText(/a.txt/);
  await ann.page.getByRole('button', { name: 'Remove a.txt' }).click();
  await expect(attached).toHaveCount(0);
  await expect(ann.page.getByRole('button', { name: 'Send' })).toBeDisabled();
});
