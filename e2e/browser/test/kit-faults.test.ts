import { type Peer, expectConverged, expectOrdered } from '@weft/testkit/playwright';
import { expect } from 'playwright/test';
import { editorOf, statusOf, test, typeAtEnd } from '../src/weft-app.ts';

/** The messages beside the document that a page shows as stored, by what they say. */
async function storedMessages({ page }: Peer) {
  const texts = await page
    .getByRole('list', { name: 'Messages' })
    .locator('[data-message-id]:not([data-state=queued])')
    .evaluateAll((items) => items.map((item) => item.textContent));
  return texts.flatMap((text) => {
    const id = /message \d of \w+/.exec(text)?.[0];
    return id === undefined ? [] : [{ id }];
  });
}

/** Everything of the kit's promises, against the product: each fault is real, and is over when it was taken back. */

test('[D1] [C2] [C5] faults of the network: each peer has a line of its own, and all become one again', async ({
  peers,
}) => {
  const [ann, bea] = await peers(2);
  if (ann === undefined || bea === undefined) throw new Error('There are two.');
  await typeAtEnd(ann.page, 'Before');
  expect(await expectConverged([ann, bea])).toBe('Before');

  await test.step('cut: one writes alone, the other goes on', async () => {
    ann.network.cut();
    await typeAtEnd(ann.page, ', alone');
    await expect(statusOf(ann.page)).toHaveAttribute('data-status', 'offline');
    const sent = new Map<Peer, readonly string[]>();
    for (const peer of [ann, bea]) {
      const ids = [1, 2].map((number) => `message ${number} of ${peer.name}`);
      for (const id of ids) {
        await peer.page.getByRole('textbox', { name: 'Message' }).fill(id);
        await peer.page.getByRole('button', { name: 'Send' }).click();
      }
      sent.set(peer, ids);
    }
    const conversation = { peers: [ann, bea], messages: storedMessages, sent };
    await expect(expectOrdered(conversation, { within: 100 })).rejects.toThrow(
      'Bea does not see message 1 of Ann of Ann',
    );
    await editorOf(bea.page).press('Control+Home');
    await bea.page.keyboard.type('Bea: ');
    await expect(statusOf(bea.page)).toHaveAttribute('data-status', 'stored');
    await expect(expectConverged([ann, bea], { within: 300 })).rejects.toThrow('did not settle');
    await ann.network.heal();
    expect(await expectConverged([ann, bea])).toBe('Bea: Before, alone');
    await expectOrdered(conversation);
  });

  await test.step('half-open: the server hears and is not heard', async () => {
    ann.network.halfOpen('down');
    await typeAtEnd(ann.page, ', heard');
    await expect(editorOf(bea.page)).toContainText(', heard');
    await expect(statusOf(ann.page)).toHaveAttribute('data-status', 'local');
    await ann.network.heal();
    await expectConverged([ann, bea]);
  });

  await test.step('slow: it takes its time and arrives', async () => {
    bea.network.slow({ latency: 150, jitter: 50, rate: 64 * 1024 });
    const started = Date.now();
    await typeAtEnd(ann.page, ', late');
    await expect(editorOf(bea.page)).toContainText(', late');
    expect(Date.now() - started).toBeGreaterThan(150);
    await bea.network.heal();
    await expectConverged([ann, bea]);
  });

  await test.step('lost and doubled messages are noticed and repaired', async () => {
    ann.network.dropFrames(1, 'up');
    await typeAtEnd(ann.page, ', lost');
    await expectConverged([ann, bea]);
    bea.network.duplicate(3);
    await typeAtEnd(ann.page, ', doubled');
    const text = await expectConverged([ann, bea]);
    expect(text).toBe('Bea: Before, alone, heard, late, lost, doubled');
    const fates = (frames: typeof ann.network.frames) => frames.map(({ fate }) => fate);
    expect(fates(ann.network.frames)).toContain('drop');
    expect(fates(bea.network.frames)).toContain('twice');
  });
});

test('[D1] [D2] devices: a tab crashes, a browser is killed; a database is damaged, full, emptied', async ({
  peers,
  server,
}) => {
  const [ann, bea] = await peers(2);
  if (ann === undefined || bea === undefined) throw new Error('There are two.');
  await typeAtEnd(ann.page, 'Kept');
  await expectConverged([ann, bea]);

  await test.step('crashed and killed without a server: what they kept comes back', async () => {
    // The product keeps who somebody is in `localStorage`, which Chromium writes seconds later, or when it quits.
    await bea.quit();
    await bea.reopen();
    await server.kill();
    await typeAtEnd(ann.page, ' by Ann');
    await typeAtEnd(bea.page, ' by Bea');
    for (const { page } of [ann, bea])
      await expect(statusOf(page)).toHaveAttribute('data-status', 'offline');
    await ann.crash();
    await bea.kill();
    await server.restart();
    await Promise.all([ann.reopen(), bea.reopen()]);
    const text = await expectConverged([ann, bea], { within: 20_000 });
    expect(text).toContain(' by Ann');
    expect(text).toContain(' by Bea');
  });

  await test.step('damaged: the kit sees it on the device, the app after a reload; the server has it all', async () => {
    const text = await editorOf(bea.page).innerText();
    expect(await bea.storage.corrupt({ database: /^weft:/, records: 4 })).toBe(4);
    await expect(expectConverged([ann, bea], { within: 100 })).rejects.toThrow('on the device');
    await bea.reload();
    await expect(editorOf(bea.page)).toHaveText(text);
    await expect(statusOf(bea.page)).toHaveAttribute('data-status', 'refused');
  });

  await test.step('no room: the screen says that the device keeps nothing', async () => {
    await ann.storage.quota(0);
    ann.network.cut();
    await typeAtEnd(ann.page, ', in memory');
    await expect(statusOf(ann.page)).toHaveAttribute('data-status', 'memory-only');
    await ann.storage.quota();
    await ann.network.heal();
    await expect(editorOf(bea.page)).toContainText(', in memory');
    await expect(statusOf(ann.page)).toHaveAttribute('data-status', 'stored');
  });

  await test.step('emptied: nothing of the origin is left', async () => {
    const databases = () =>
      ann.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    await ann.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open('proof');
          request.addEventListener('success', () => resolve());
        }),
    );
    expect(await databases()).toContain('proof');
    await ann.storage.evict();
    expect(await databases()).not.toContain('proof');
  });
});

test('[D1] [D2] tabs of one person; a server that stands, has no room, and starts again', async ({
  tabs,
  server,
}) => {
  const [one, other] = await tabs(2);
  if (one === undefined || other === undefined) throw new Error('There are two.');
  await typeAtEnd(one.page, 'Tabs');
  await expectConverged([one, other]);

  await test.step('paused: tabs have each other, and nothing is called stored', async () => {
    server.pause();
    await typeAtEnd(one.page, ', standing');
    await expect(editorOf(other.page)).toContainText(', standing');
    await expect(statusOf(one.page)).toHaveAttribute('data-status', 'local');
    server.resume();
    await expectConverged([one, other]);
  });

  await test.step('a full disk: nothing is called stored until there is room', async () => {
    await server.fillDisk();
    await typeAtEnd(other.page, ', no room');
    await expect(statusOf(other.page)).not.toHaveAttribute('data-status', 'stored');
    await server.freeDisk();
    await expectConverged([one, other], { within: 20_000 });
  });

  await server.restart();
  await typeAtEnd(one.page, ', again');
  expect(await expectConverged([one, other])).toBe('Tabs, standing, no room, again');
});
