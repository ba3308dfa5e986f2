import { expect } from '@playwright/test';
import { expectConverged } from '@weft/testkit/playwright';
import { buildPages } from '../src/pages.ts';
import { editorOf, hocuspocusTest as test, type } from '../src/stock.ts';

/** What the kit says of a stock Tiptap and Hocuspocus app. Where it is right about a fault, the test is green. */

test.beforeAll(buildPages);

test('fault 1: loss on SIGKILL – what it calls saved is in memory only', async ({
  peers,
  server,
}) => {
  const [ann] = await peers(1);
  if (ann === undefined) throw new Error('There is one.');
  await type(ann.page, 'All of it');
  await expectConverged([ann]);
  await expect(ann.page.getByRole('status')).toHaveText('All changes saved');
  await server.kill();
  ann.network.cut();
  await server.restart();
  const [bea] = await peers(1);
  if (bea === undefined) throw new Error('There is one.');
  // What the kit had found settled is nowhere but on Ann's page: Bea, who has just come, sees nothing of it.
  const lost = await expectConverged([ann, bea], { within: 1_000 }).catch(String);
  expect(lost).toContain('document differs at default');
  expect(lost).toContain('Ann: {"kind":"","list":[{"node":{"kind":"paragraph"');
  expect(lost).toContain('last operations of Ann in document');
  expect(lost).toContain('local +');
  expect(lost).toMatch(/trace: .+convergence-\d+\.json/);
});

test('it converges, and fault 2: false synced – the database takes nothing, and it says that all is saved', async ({
  peers,
  server,
}) => {
  const [ann, bea] = await peers(2);
  if (ann === undefined || bea === undefined) throw new Error('There are two.');
  ann.network.cut();
  await Promise.all([type(ann.page, 'abc'), type(bea.page, '123')]);
  await ann.network.heal();
  const text = await expectConverged([ann, bea], { within: 20_000 });
  // Each editor made a first paragraph of its own.
  expect(text.split('\n').toSorted()).toEqual(['123', 'abc']);

  await server.fillDisk();
  await type(ann.page, ' and more');
  await expectConverged([ann, bea]);
  await expect(ann.page.getByRole('status')).toHaveText('All changes saved');
  // Whoever leaves last makes it store what waits: there is no room for it, and nobody is told.
  ann.network.cut();
  bea.network.cut();
  await expect.poll(() => server.output()).toContain('EFBIG');
  await server.kill();
  await server.restart();
  const [cy] = await peers(1);
  if (cy === undefined) throw new Error('There is one.');
  await expect(editorOf(ann.page)).toContainText(' and more');
  await expect(expectConverged([ann, cy], { within: 1_000 })).rejects.toThrow(
    'document differs at default',
  );
});
