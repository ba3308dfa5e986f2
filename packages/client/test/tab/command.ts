import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, LaunchOptions, Page } from 'playwright';
import type { BrowserCommand } from 'vitest/node';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Opens tabs one after the other, types in each, and ends it with the last letter. Tells what was kept of each. */
    typeAndEnd(of: Typing): Promise<readonly number[]>;
    /** Takes the figures of a device on a disk. */
    measureDevice(of: { readonly edits: number; readonly opens: number }): Promise<DeviceFigures>;
  }
}

export interface Typing {
  readonly runs: number;
  /** How many letters in each. */
  readonly keys: number;
  readonly end: TabEnd;
}

/** `closed` by the person, `left` for another page, `crashed` with its process. */
export type TabEnd = 'closed' | 'left' | 'crashed';

/** Milliseconds, and bytes. */
export interface DeviceFigures {
  readonly commits: readonly number[];
  readonly size: number;
  readonly cold: readonly number[];
}

/**
 * Run by Vitest on its side of the browser: in another one, with a profile on disk. What Vitest's own browser keeps is in
 * memory.
 */
export function typeAndEnd(launchOptions: LaunchOptions): BrowserCommand<[Typing]> {
  return (vitest, { runs, keys, end }) =>
    onDisk(vitest, launchOptions, async (open) => {
      const held: number[] = [];
      let tab = await open();
      for (let run = 0; run < runs; run += 1) {
        await typeAndLeave(tab, 'x'.repeat(keys), end);
        tab = await open();
        held.push((await tab.evaluate(() => window.weftTab?.held())) ?? Number.NaN);
      }
      return held.map((letters, run) => letters - (held[run - 1] ?? 0));
    });
}

export function measureDevice(
  launchOptions: LaunchOptions,
): BrowserCommand<[{ readonly edits: number; readonly opens: number }]> {
  return (vitest, { edits, opens }) =>
    onDisk(vitest, launchOptions, async (open): Promise<DeviceFigures> => {
      let tab = await open();
      const commits = await tab.evaluate((count) => window.weftTab?.commits(count), edits);
      const size = await tab.evaluate(() => window.weftTab?.fill());
      const cold: number[] = [];
      for (let times = 0; times < opens; times += 1) {
        await tab.close();
        tab = await open();
        cold.push((await tab.evaluate(() => window.weftTab?.cold)) ?? Number.NaN);
      }
      return { commits: commits ?? [], size: size ?? 0, cold };
    });
}

async function onDisk<T>(
  { context, page }: Parameters<BrowserCommand>[0],
  launchOptions: LaunchOptions,
  work: (open: () => Promise<Page>) => Promise<T>,
): Promise<T> {
  const browser = context.browser()?.browserType();
  if (browser === undefined) throw new Error('There is no browser to be had.');
  const directory = await mkdtemp(join(tmpdir(), 'weft-profile-'));
  const address = new URL('/packages/client/test/tab/tab.html', page.url()).href;
  const profile = await browser.launchPersistentContext(directory, launchOptions);
  try {
    return await work(() => open(profile, address));
  } finally {
    await profile.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function typeAndLeave(tab: Page, letters: string, end: TabEnd): Promise<void> {
  const session = await tab.context().newCDPSession(tab);
  const crashed = end === 'crashed' ? tab.waitForEvent('crash') : undefined;
  await tab.evaluate((all) => window.weftTab?.type(all), letters);
  if (end === 'crashed') {
    // It is never answered: there is nobody left.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
  } else if (end === 'left') {
    await tab.goto('about:blank');
  }
  await tab.close();
}

async function open(profile: BrowserContext, address: string): Promise<Page> {
  const tab = await profile.newPage();
  await tab.goto(address);
  await tab.waitForFunction(() => window.weftTab !== undefined);
  return tab;
}
