import { expect } from '@playwright/test';
import { expectConverged } from '@weft/testkit/playwright';
import { buildPages } from '../src/pages.ts';
import { type, yWebsocketTest as test } from '../src/stock.ts';

test.beforeAll(buildPages);

test('y-websocket converges, and says synced of what is on a line that carries nothing', async ({
  peers,
}) => {
  const [ann, bea] = await peers(2);
  if (ann === undefined || bea === undefined) throw new Error('There are two.');
  await type(ann.page, 'Both');
  expect(await expectConverged([ann, bea])).toBe('Both');
  ann.network.halfOpen();
  await type(ann.page, ' alone');
  const told = await expectConverged([ann, bea], { within: 1_000 }).catch(String);
  expect(told).toContain('document differs at default/0:paragraph/0');
  expect(told).not.toContain('did not settle');
  await ann.network.heal();
  expect(await expectConverged([ann, bea], { within: 20_000 })).toBe('Both alone');
  await ann.page.goto('about:blank');
  await expect(ann.read()).rejects.toThrow(
    "Ann's page shows no document to tests: call exposeForTest({ yDoc })",
  );
});
