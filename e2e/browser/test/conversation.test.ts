import { type Locator, expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

/** The line of a message, by what it says itself and not by what it answers. */
function line(person: Person, text: string): Locator {
  return person.page
    .getByRole('list', { name: 'Messages' })
    .locator('[data-message-id]')
    .filter({ has: person.page.locator('.message-text, .message-gone', { hasText: text }) });
}

/** The mark at the end of one's own line: Stored, Delivered, Read. */
const mark = (person: Person, text: string) =>
  line(person, text).locator('.message-mark [role=img]');

async function more(person: Person, text: string, item: string): Promise<void> {
  await line(person, text).hover();
  await line(person, text).getByRole('button', { name: 'More' }).click();
  await person.page.getByRole('menuitem', { name: item, exact: true }).click();
}

test('[C2] answers, edits, reactions, pins and deletions are seen by everybody, and survive a reload', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('Shall we cap a frame?');
  await bea.seesMessage('Shall we cap a frame?', 'stored');

  // An answer, by the button; what it answers stands over it and leads there.
  await line(bea, 'Shall we cap').hover();
  await line(bea, 'Shall we cap').getByRole('button', { name: 'Reply' }).click();
  await expect(bea.composer).toBeFocused();
  await bea.send('At 4 MiB.');
  await ann.seesMessage('At 4 MiB.', 'stored');
  const preview = line(ann, 'At 4 MiB.').getByRole('button', { name: /In reply to Ann/ });
  await expect(preview).toContainText('Shall we cap a frame?');
  await preview.click();
  await expect(ann.page.locator('[data-message-id]:focus')).toContainText('Shall we cap a frame?');

  // An edit, by the arrow up in the empty field.
  await bea.composer.press('ArrowUp');
  const editing = bea.page.getByRole('textbox', { name: 'Edit the message' });
  await expect(editing).toHaveValue('At 4 MiB.');
  await editing.fill('At 1 MiB, see https://example.org/why.');
  await editing.press('Enter');
  await expect(line(ann, 'At 1 MiB')).toContainText('(edited)');
  await expect(line(ann, 'At 1 MiB').getByRole('link')).toHaveAttribute(
    'href',
    'https://example.org/why',
  );
  await expect(bea.composer).toBeFocused();

  // A reaction, given and joined.
  await line(ann, 'At 1 MiB').hover();
  await line(ann, 'At 1 MiB').getByRole('button', { name: 'React' }).click();
  await ann.page.getByRole('button', { name: '🎉' }).click();
  const reaction = line(bea, 'At 1 MiB').getByRole('button', { name: '🎉 Ann' });
  await expect(reaction).toHaveAttribute('aria-pressed', 'false');
  await reaction.click();
  await expect(line(ann, 'At 1 MiB').getByRole('button', { name: '🎉 You and Bea' })).toBeVisible();

  await more(ann, 'Shall we cap', 'Pin');
  await bea.page.getByRole('button', { name: '1 pinned message' }).click();
  await expect(bea.page.getByRole('dialog', { name: 'Pinned messages' })).toContainText(
    'Shall we cap a frame?',
  );
  await bea.page.keyboard.press('Escape');

  // Deleted for everybody; its place stays.
  await bea.send('Nonsense');
  await ann.seesMessage('Nonsense', 'stored');
  await more(bea, 'Nonsense', 'Delete');
  await bea.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(line(ann, 'Message deleted')).toBeVisible();
  await expect(line(ann, 'Nonsense')).toHaveCount(0);

  await Promise.all([ann.reload(), bea.reload()]);
  for (const person of [ann, bea]) {
    await expect(line(person, 'At 1 MiB')).toContainText('(edited)');
    await expect(line(person, 'At 1 MiB').locator('.reaction')).toContainText('2');
    await expect(line(person, 'Message deleted')).toBeVisible();
    await expect(person.page.getByRole('button', { name: '1 pinned message' })).toBeVisible();
  }
});

test('[C8] a message is delivered, then read; what is unread is counted until it is looked at', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('First');
  await expect(mark(ann, 'First')).toHaveAttribute('aria-label', 'Read');

  // Bea is elsewhere: it arrives on her device, and nobody has read it.
  await bea.openEntry('Welcome to Weft');
  await ann.send('Second');
  await ann.send('Third, @Bea');
  await expect(mark(ann, 'Second')).toHaveAttribute('aria-label', 'Delivered');
  const entry = bea.workspace.getByRole('link', { name: /Loom/ });
  await expect(entry).toContainText('2 unread, 1 for you');
  await expect(bea.page).toHaveTitle(/^\(2\) /);

  await bea.openEntry('Loom');
  await expect(line(bea, 'Second')).toContainText('New messages');
  await expect(mark(ann, 'Third')).toHaveAttribute('aria-label', 'Read');
  await expect(entry).not.toContainText('unread');
  await expect(bea.page).toHaveTitle(/^#Loom/);
  // The line stays where it is while she reads.
  await expect(line(bea, 'Second')).toContainText('New messages');

  await more(ann, 'Second', 'Details');
  await expect(ann.page.getByRole('dialog', { name: 'Message details' })).toContainText('Bea');
});

test('[C7] without a network, changes are shown and kept, and others see them once it is back', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('At 4 MiB.');
  await bea.seesMessage('At 4 MiB.', 'stored');
  ann.cutOff();
  await line(ann, 'At 4 MiB.').focus();
  await ann.page.keyboard.press('e');
  const editing = ann.page.getByRole('textbox', { name: 'Edit the message' });
  await editing.fill('At 1 MiB.');
  await editing.press('Enter');
  await expect(mark(ann, 'At 1 MiB.')).toHaveAttribute('aria-label', 'Queued on this device');
  await ann.reload();
  await expect(mark(ann, 'At 1 MiB.')).toHaveAttribute('aria-label', 'Queued on this device');
  await expect(line(bea, 'At 4 MiB.')).toBeVisible();
  await ann.reconnect();
  await expect(line(bea, 'At 1 MiB.')).toContainText('(edited)');
  await expect(mark(ann, 'At 1 MiB.')).not.toHaveAttribute('aria-label', 'Queued on this device');
});
