import axe from 'axe-core';
import { expect } from 'playwright/test';
import type { Person } from './person.ts';

/** Brings what looks at a page's accessibility into every page that this person opens from now on. */
export async function prepareAccessibility(person: Person): Promise<void> {
  // As a script of the browser's own: the app's pages run no others.
  await person.context.addInitScript({ content: axe.source });
  await person.reload();
}

/** What is wrong for people who do not see the screen, or use it otherwise: of the serious kinds, by rule and element. */
export async function expectAccessible({ page }: Person, screen: string): Promise<void> {
  // What moves into its place is half transparent until it stands there.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined))),
  );
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
  // One run tells of every screen.
  expect.soft(found, screen).toEqual([]);
}

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
