import { expect } from 'playwright/test';
import { test } from '../src/test.ts';

test('the pages run scripts of the app alone, and everything of it works under that policy', async ({
  signIn,
}) => {
  const ann = await signIn('Ann', () => {
    const found: string[] = [];
    Object.assign(window, { violations: found });
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      found.push(`${violatedDirective} ${blockedURI}`);
    });
  });
  const violations = () => ann.page.evaluate(() => Reflect.get(window, 'violations') as unknown);
  await ann.newDocument('Policy');
  await ann.type('# Title\nText with **weight**.');
  // Markup from elsewhere, as an editor gets it.
  await ann.page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/html', '<p>pasted <b>bold</b><img src=x onerror="window.ran=true"></p>');
    document
      .querySelector('[contenteditable]')
      ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  });
  await ann.sees('pasted bold');
  await ann.send('A message with https://example.org in it');
  await ann.seesMessage('A message with', 'stored');
  await ann.page.keyboard.press('Control+k');
  await expect(ann.page.getByRole('dialog')).toBeVisible();
  await ann.page.keyboard.press('Escape');
  await expect
    .poll(() => ann.page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state))
    .toBe('activated');
  await ann.hasStored();
  // All that was stopped is what the markup from elsewhere would have run.
  expect(await violations()).toEqual(['script-src-attr inline']);

  // What would have run does not.
  const refused = await ann.page.evaluate(() => {
    const script = document.createElement('script');
    try {
      script.textContent = 'window.ran = true';
      document.body.append(script);
    } catch {
      // Trusted Types say no already where the text is set.
    }
    try {
      Reflect.set(
        document.body.appendChild(document.createElement('div')),
        'innerHTML',
        '<b>x</b>',
      );
      return 'taken';
    } catch (error) {
      return error instanceof TypeError ? 'refused' : 'failed';
    }
  });
  expect(refused).toBe('refused');
  expect(await ann.page.evaluate(() => Reflect.get(window, 'ran') as unknown)).toBeUndefined();
});
