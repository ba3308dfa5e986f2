import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

test.describe('a server with one seat', () => {
  test.use({ serverEnv: { WEFT_SEATS: '1' } });

  test('[A1] [A2] who comes second is shown their place, works meanwhile, and is let in when the first leaves', async ({
    signIn,
  }) => {
    const ann = await signIn('Ann');
    await ann.newDocument('Plan');
    await ann.hasStored();
    const bea = await signIn('Bea');
    await expect(bea.status).toHaveAttribute('data-status', 'waiting');
    await expect(bea.status).toContainText('You are 1st in line');
    await bea.newDocument('Notes');
    await bea.type('written in the line');
    await expect(bea.status).toHaveAttribute('data-status', 'waiting');
    await ann.page.goto('about:blank');
    await bea.hasStored();
    await expect(bea.workspace.getByRole('link', { name: 'Plan' })).toBeVisible();
  });
});

test.describe('a server that takes one connection from an address', () => {
  test.use({ serverEnv: { WEFT_SOCKETS_PER_ADDRESS: '1' } });

  test('[A1] who is one too many is told that they wait for the server, not that they are offline, and comes back by itself', async ({
    signIn,
  }) => {
    const ann = await signIn('Ann');
    await ann.newDocument('Plan');
    await ann.hasStored();
    const bea = await signIn('Bea');
    await expect(bea.status).toHaveAttribute('data-status', 'waiting');
    await expect(bea.status).toContainText('Waits for the server');
    await bea.page.getByRole('button', { name: 'Details' }).click();
    await expect(bea.page.getByText('It asked to wait')).toBeVisible();
    await bea.page.keyboard.press('Escape');
    await ann.page.goto('about:blank');
    await bea.newDocument('Notes');
    await bea.hasStored();
    await expect(bea.workspace.getByRole('link', { name: 'Plan' })).toBeVisible();
  });
});

test('[P3] the row of people shows who else is there, and who has left', async ({ signIn }) => {
  const ann = await signIn('Ann');
  const bea = await signIn('Bea');
  const people = ann.page.getByRole('region', { name: 'People' });
  await expect(people.getByRole('img', { name: 'Bea · Online' })).toBeVisible();
  await expect(
    bea.page.getByRole('region', { name: 'People' }).getByRole('img', { name: 'Ann · Online' }),
  ).toBeVisible();
  await bea.context.close();
  await expect(people.getByRole('img', { name: 'Bea · Was here just now' })).toBeVisible();
});
