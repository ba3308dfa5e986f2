import { type BrowserContext, type Page, expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

/** Waits until the app's files are on the device. */
async function installed(person: Person): Promise<void> {
  await person.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

/** Ends the service workers that run, as a browser does that was closed. */
async function stopWorkers(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}

test('[D2] [C7] with no server and no network the app opens, edits, queues, and sends it all later', async ({
  product,
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await ann.send('Said before');
  await ann.seesMessage('Said before', 'stored');
  await ann.newDocument('Plan');
  await ann.type('A plan');
  await ann.newDocument('Notes');
  await ann.type('Some notes');
  await ann.hasStored();
  await bea.newDocument('Elsewhere');
  await bea.type('Never opened by Ann');
  await bea.hasStored();
  await expect(ann.workspace.getByRole('link', { name: 'Elsewhere' })).toBeVisible();
  await installed(ann);

  await test.step('everything is cut: the server, her line to it, and the browser', async () => {
    await product.kill();
    ann.cutOff();
    await ann.context.setOffline(true);
    await ann.reload();
    // The page that she was on opens by its own address.
    await ann.sees('Some notes');
    await expect(ann.status).toHaveAttribute('data-status', 'offline');
    await ann.toEnd();
    await ann.type(', more of them');
    await ann.openDocument('Plan');
    await ann.sees('A plan');
    await ann.type(', changed');
    await ann.openEntry('Elsewhere');
    await expect(
      ann.page.getByRole('heading', { name: 'This document is not on this device yet' }),
    ).toBeVisible();
    await ann.openEntry('Loom');
    await ann.seesMessage('Said before', 'stored');
    await ann.send('From the tunnel');
    await ann.seesMessage('From the tunnel', 'queued');
  });

  await test.step('she makes something new there, and reloads again', async () => {
    await ann.newDocument('Made here');
    await ann.type('Written without a network');
    await expect(ann.status).toHaveAttribute('data-status', 'offline');
    await ann.reload();
    await ann.sees('Written without a network');
    await ann.openDocument('Plan');
    await ann.sees('A plan, changed');
    await ann.openDocument('Notes');
    await ann.sees('Some notes, more of them');
    await ann.openEntry('Loom');
    await ann.seesMessage('From the tunnel', 'queued');
    await expect(ann.status).toHaveAttribute('data-status', 'offline');
  });

  await test.step('leaving would lose what nobody else has, and says how much', async () => {
    await ann.page.getByRole('button', { name: 'Account of Ann' }).click();
    await ann.page.getByRole('menuitem', { name: 'Leave this workspace' }).click();
    const dialog = ann.page.getByRole('alertdialog');
    await expect(dialog).toContainText(/\b[1-9]\d* changes and 1 message have not reached/);
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await expect(dialog).toBeHidden();
  });

  await test.step('the server comes back, and has everything', async () => {
    await product.restart();
    await ann.context.setOffline(false);
    await ann.reconnect();
    await ann.hasStored();
    await ann.seesMessage('From the tunnel', 'stored');
    await bea.reconnect();
    await bea.openEntry('Loom');
    await bea.seesMessage('From the tunnel', 'stored');
    await bea.openDocument('Plan');
    await bea.sees('A plan, changed');
    await bea.openDocument('Notes');
    await bea.sees('Some notes, more of them');
    await bea.openDocument('Made here');
    await bea.sees('Written without a network');
    await ann.openDocument('Elsewhere');
    await ann.sees('Never opened by Ann');
    await ann.openEntry('Loom');
    await ann.seesMessage('From the tunnel', 'stored');
    expect(await ann.messages()).toHaveLength(2);
  });
});

test('a cold start without a network paints at once', async ({ product, signIn }) => {
  const ann = await signIn('Ann');
  await ann.newDocument('Plan');
  await ann.type('A plan');
  await ann.hasStored();
  await installed(ann);
  const address = ann.page.url();
  await product.kill();
  ann.cutOff();
  await ann.context.setOffline(true);
  await stopWorkers(ann.context, ann.page);

  const page = await ann.context.newPage();
  await page.goto(address);
  const editor = page.getByRole('textbox', { name: 'Document' });
  await expect(editor).toContainText('A plan');
  const times = await page.evaluate(async () => ({
    paint: await new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const entry = list.getEntriesByName('first-contentful-paint')[0];
        if (entry !== undefined) resolve(entry.startTime);
      }).observe({ type: 'paint', buffered: true });
    }),
  }));
  const line = `cold offline start: first paint after ${times.paint.toFixed(0)} ms`;
  console.log(line);
  test.info().annotations.push({ type: 'figure', description: line });
  // The figure to hold is 1 s; a busy machine must not fail a run that is otherwise right.
  expect(times.paint).toBeLessThan(4_000);
});
