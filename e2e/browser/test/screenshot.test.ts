import { fileURLToPath } from 'node:url';
import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

const FILE = fileURLToPath(new URL('../../../docs/screenshot.png', import.meta.url));

// Registered only on demand: `WEFT_SCREENSHOT=1` makes the picture of the README anew.
if (process.env['WEFT_SCREENSHOT'] !== undefined) {
  test('the screenshot of the README', async ({ signIn }) => {
    const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
    await ann.page.setViewportSize({ width: 1280, height: 720 });
    await ann.newChannel('design');
    await ann.newDocument('Spec for the gateway');
    await ann.type('# What it promises\n');
    await ann.type(
      'Every change is kept on the device first, and shown to others once it is stored. ',
    );
    await ann.type(
      'Pull the network, reload, kill the server: what was said to be stored is there.\n',
    );
    await ann.type('## What follows\n');
    await ann.type('- Nothing that was shown as stored is lost.\n');
    await ann.type('What a reader sees never has a gap.\n');
    await bea.openDocument('Spec for the gateway');
    await bea.sees('never has a gap');
    await bea.type('Messages have one order everywhere.');
    await ann.send('Shall we cap a frame?');
    await bea.seesMessage('Shall we cap a frame?', 'stored');
    await bea.send('At 4 MiB, and say so when one is refused.');
    await bea.send('I am writing it down.');
    await ann.seesMessage('I am writing it down.', 'stored');
    await ann.sees('one order everywhere');
    await ann.hasStored();
    // Bea's caret shows her name for a moment after a move.
    await bea.toEnd();
    await bea.page.keyboard.press('ArrowLeft');
    await expect(ann.page.locator('.weft-caret[data-named]')).toBeVisible();
    await ann.page.screenshot({ path: FILE });
  });
}
