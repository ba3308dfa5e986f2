import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

/** As a client of the version before would say it: as long, so that no length around it changes. */
function older(frame: Buffer): Buffer {
  const said = frame
    .toString('latin1')
    .replace(/(?<="protocol":)\d+/, (version) =>
      String(Number(version) - 1).padStart(version.length),
    );
  return Buffer.from(said, 'latin1');
}

test('[D2] a page that is older than the server keeps what it had not sent, reads only, says so, and sends it once it is reloaded', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newDocument('Plan');
  await ann.type('Before');
  await ann.hasStored();
  await bea.openDocument('Plan');
  await bea.sees('Before');

  ann.cutOff();
  await ann.type(', and on a train');
  await expect(ann.status).toHaveAttribute('data-status', 'offline');
  let deployed = true;
  await ann.context.routeWebSocket('**/sync', (page) => {
    const server = page.connectToServer();
    page.onMessage((frame) =>
      server.send(deployed && typeof frame !== 'string' ? older(frame) : frame),
    );
  });
  await ann.reload();
  await ann.sees('Before, and on a train');
  await ann.reconnect();

  await expect(ann.status).toHaveAttribute('data-status', 'outdated');
  await expect(ann.status).toHaveText('A new version is ready · Reload');
  await expect(ann.editor).toHaveAttribute('contenteditable', 'false');
  await ann.sees('Before, and on a train');
  await expect(ann.composer).toBeHidden();
  expect(await bea.text()).toBe('Before');

  deployed = false;
  await ann.reload();
  await ann.hasStored();
  await bea.sees('Before, and on a train');
  await expect(ann.editor).toHaveAttribute('contenteditable', 'true');
});
