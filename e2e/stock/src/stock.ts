import { fileURLToPath } from 'node:url';
import { type Page, expect } from '@playwright/test';
import { type App, convergenceTest } from '@weft/testkit/playwright';

function stockApp(search: string): App {
  return {
    open: async (page, { origin }) => {
      await page.goto(`${origin}/${search}`);
      await expect(editorOf(page)).toBeVisible();
    },
  };
}

export function editorOf(page: Page) {
  return page.locator('.ProseMirror');
}

export async function type(page: Page, text: string): Promise<void> {
  await editorOf(page).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
}

function entry(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

export const hocuspocusTest = convergenceTest({
  server: { entry: entry('hocuspocus.ts'), path: '/collab' },
  app: stockApp(''),
});

export const yWebsocketTest = convergenceTest({
  server: { entry: entry('y-websocket.ts'), path: '/collab' },
  app: stockApp('?provider=y-websocket'),
});
