import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

test('[C13] people join a channel and leave it: a line for everybody, also one that waited for the network', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  const members = ann.page.getByRole('dialog', { name: 'Members' });
  await ann.page.getByRole('button', { name: 'Members: 0' }).click();
  await members.getByRole('button', { name: 'Join this channel' }).click();
  await expect(members.getByRole('listitem')).toContainText('Ann');
  await expect(bea.page.getByText('Ann joined')).toBeVisible();
  await expect(ann.page.getByText('You joined')).toBeVisible();
  await ann.page.keyboard.press('Escape');

  bea.line.cut();
  await bea.page.getByRole('button', { name: 'Members: 1' }).click();
  await bea.page.getByRole('button', { name: 'Join this channel' }).click();
  await expect(bea.page.getByText(/Joining…|You will join when/)).toBeVisible();
  bea.line.restore();
  await expect(ann.page.getByText('Bea joined')).toBeVisible();
  await expect(ann.page.getByRole('button', { name: 'Members: 2' })).toBeVisible();
});

test('[P5] who types is shown, and no more once they have sent', async ({ signIn }) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await bea.composer.pressSequentially('At 4 MiB');
  await expect(ann.page.getByText('Bea is typing…')).toBeVisible();
  await expect(bea.page.getByText('is typing…')).toBeHidden();
  await bea.composer.press('Enter');
  await ann.seesMessage('At 4 MiB', 'stored');
  await expect(ann.page.getByText('Bea is typing…')).toBeHidden();
});

test('a person is mentioned by an @ and a few letters, and is told so', async ({ signIn }) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await bea.send('I am here');
  await ann.seesMessage('I am here', 'stored');
  await bea.workspace.getByRole('link', { name: 'Welcome' }).click();
  await ann.composer.pressSequentially('Ask @b');
  await expect(ann.page.getByRole('option', { name: 'Bea' })).toBeVisible();
  await ann.composer.press('Enter');
  await expect(ann.composer).toHaveValue('Ask @Bea ');
  await ann.composer.press('Enter');
  await expect(ann.page.locator('.mention')).toHaveText('@Bea');
  await expect(bea.workspace.getByText('1 unread, 1 for you')).toBeAttached();
});

test('[C14] [R4] two people write to each other, find the same conversation, and nobody else is in it', async ({
  signIn,
}) => {
  const [ann, bea, eve] = await Promise.all([signIn('Ann'), signIn('Bea'), signIn('Eve')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await bea.send('I am here');
  await ann.seesMessage('I am here', 'stored');
  await ann.workspace.getByRole('button', { name: 'New message' }).click();
  await ann.page.getByRole('combobox', { name: 'To' }).pressSequentially('be');
  await expect(ann.page.getByRole('option', { name: 'Bea' })).toBeVisible();
  await ann.page.keyboard.press('Enter');
  await expect(ann.page.getByRole('heading', { name: 'You and Bea' })).toBeVisible();
  await expect(ann.composer).toBeFocused();
  await ann.send('Just between us');
  await ann.seesMessage('Just between us', 'stored');

  // It comes to her by itself, with a name and a count, and survives a reload without a network.
  const entry = bea.workspace.getByRole('link', { name: 'Ann' });
  await expect(entry).toContainText('1 unread');
  await entry.click();
  await bea.seesMessage('Just between us', 'stored');
  await bea.send('Nobody else reads this');
  await ann.seesMessage('Nobody else reads this', 'stored');

  // From the other side it is the same one.
  expect(new URL(bea.page.url()).pathname).toBe(new URL(ann.page.url()).pathname);
  await expect(eve.workspace.getByText('Nobody yet')).toBeVisible();
  await eve.page.goto(new URL(new URL(ann.page.url()).pathname, eve.page.url()).href);
  await expect(eve.page.getByText('This conversation is not open to you')).toBeVisible();
});
