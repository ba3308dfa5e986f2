import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page, expect } from 'playwright/test';
import { type Front, startFront } from '../src/front.ts';
import { Person, textIn } from '../src/person.ts';
import { makeRelease } from '../src/release.ts';
import { test as base } from '../src/test.ts';

/** Two releases of the app, and a front that serves the first until it is told otherwise. */
const test = base.extend<{
  releases: { readonly first: string; readonly second: string };
  ann: { readonly person: Person; readonly front: Front };
}>({
  // oxlint-disable-next-line no-empty-pattern
  releases: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-releases-'));
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    try {
      await makeRelease(first, 'first');
      await makeRelease(second, 'second');
      await use({ first, second });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
  ann: async ({ browser, product, releases }, use) => {
    const direct = await product.line();
    const front = await startFront(direct.url, releases.first);
    const line = await product.line();
    line.setTarget(front.url);
    const person = await Person.signIn(browser, line, 'Ann');
    try {
      await use({ person, front });
    } finally {
      await person.context.close();
      await front.close();
    }
    expect(person.errors, 'errors on Ann’s page').toEqual([]);
  },
});

const releaseOf = (page: Page) =>
  page.locator('meta[name=release]').evaluate((meta) => meta.getAttribute('content'));
const prompt = (page: Page) => page.getByRole('region', { name: 'New version' });

test('[D2] a new release waits for the person, and an unsent edit survives the reload of all tabs into it', async ({
  ann: { person: ann, front },
  releases,
  signIn,
}) => {
  await ann.newDocument('Plan');
  await ann.type('Sent');
  await ann.hasStored();
  await ann.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await ann.reload();
  await ann.sees('Sent');
  const other = await ann.context.newPage();
  await other.goto(ann.page.url());
  await expect(other.getByRole('textbox', { name: 'Document' })).toContainText('Sent');

  ann.cutOff();
  await ann.toEnd();
  await ann.type(', unsent');
  front.serve(releases.second);
  await ann.reload();
  await expect(prompt(ann.page)).toContainText('A new version is ready');
  expect(await releaseOf(ann.page)).toBe('first');
  await ann.sees('Sent, unsent');
  await ann.toEnd();
  await ann.type(', and typed beside the question');

  const elsewhere = other.getByRole('textbox', { name: 'Document' });
  // The device brings it there: a caret put at the end before that would stand in the middle of it afterwards.
  await expect
    .poll(() => textIn(elsewhere))
    .toContain('Sent, unsent, and typed beside the question');
  await elsewhere.press('Control+End');
  await elsewhere.pressSequentially(', elsewhere');

  await prompt(ann.page).getByRole('button', { name: 'Reload' }).click();
  await expect.poll(() => releaseOf(ann.page).catch(() => 'between two')).toBe('second');
  await ann.sees('Sent, unsent, and typed beside the question');
  await expect(prompt(ann.page)).toBeHidden();
  await expect(ann.status).toHaveAttribute('data-status', 'offline');

  await test.step('the other tab follows by itself, with all that was typed in it', async () => {
    await expect.poll(() => releaseOf(other).catch(() => 'between two')).toBe('second');
    await expect
      .poll(() => textIn(other.getByRole('textbox', { name: 'Document' })))
      .toContain('Sent, unsent, and typed beside the question, elsewhere');
  });

  await test.step('the device keeps the code of the release before, which the server does not', async () => {
    const late = await other.evaluate(async (path) => {
      const module: unknown = await import(path);
      return JSON.stringify(module);
    }, '/assets/late-first.js');
    expect(late).toBe('{"release":"first"}');
    const asked = await fetch(`${front.url}/assets/late-first.js`);
    expect(asked.status).toBe(404);
  });

  await ann.reconnect();
  await ann.hasStored();
  const bea = await signIn('Bea');
  await bea.openDocument('Plan');
  await bea.sees('Sent, unsent, and typed beside the question, elsewhere');
});
