import { type App, WEFT_DEVICE, convergenceTest } from '@weft/testkit/playwright';
import { type Page, expect } from 'playwright/test';
import { PRODUCT_ENTRY } from './product.ts';

/** The document that everybody has open. */
const TITLE = 'Plan';

/** Our own product for the convergence kit: built, and so without anything for tests in it. */
export const weftApp: App = {
  open: async (page, { origin, name, index, again }) => {
    await page.goto(origin);
    const workspace = page.getByRole('navigation', { name: 'Workspace' });
    if (!again) {
      const field = page.getByRole('textbox', { name: 'Your name' });
      await field.fill(name);
      await field.press('Enter');
    }
    await expect(workspace).toBeVisible();
    if (index === 0 && !again) {
      await workspace.getByRole('button', { name: 'New document' }).click();
      const field = page.getByRole('textbox', { name: 'Title' });
      await field.fill(TITLE);
      await field.press('Enter');
    } else {
      await workspace.getByRole('link', { name: TITLE }).click();
    }
    await expect(editorOf(page)).toBeVisible();
  },
  documents: 'tiptap',
  settled: '[role=status][data-status=stored]',
  dom: {
    selector: '[role=textbox][aria-label=Document]',
    ignore: '.weft-caret',
  },
  device: WEFT_DEVICE,
};

export function editorOf(page: Page) {
  return page.getByRole('textbox', { name: 'Document' });
}

/** Where the newest change of a page is, as its screen says. */
export function statusOf(page: Page) {
  return page.locator('[role=status][data-status]');
}

/** Types at the end of the document. */
export async function typeAtEnd(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
}

export const test = convergenceTest({
  server: { entry: PRODUCT_ENTRY },
  app: weftApp,
});
