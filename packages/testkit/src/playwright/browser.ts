import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, BrowserType, LaunchOptions, Page } from '@playwright/test';

/** A browser of one person: a process and a profile of its own, so that it can be killed and come back to its storage. */
export class PersonalBrowser {
  readonly #type: BrowserType;
  readonly #options: LaunchOptions;
  readonly #profile: string;
  #running: { readonly context: BrowserContext; readonly pid: number } | undefined;

  private constructor(type: BrowserType, options: LaunchOptions, profile: string) {
    this.#type = type;
    this.#options = options;
    this.#profile = profile;
  }

  static async launch(type: BrowserType, options: LaunchOptions): Promise<PersonalBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'weft-browser-'));
    const browser = new PersonalBrowser(type, options, profile);
    await browser.#start();
    return browser;
  }

  get context(): BrowserContext {
    if (this.#running === undefined) throw new Error('This browser was killed: reopen its peers.');
    return this.#running.context;
  }

  /** A page that nobody has yet; starts the browser again where it was killed. */
  async page(): Promise<Page> {
    const { context } = this.#running ?? (await this.#start());
    const blank = context.pages().find((page) => page.url() === 'about:blank');
    return blank ?? context.newPage();
  }

  /** Quits it, as a person does: what it holds back is written to its profile. */
  async quit(): Promise<void> {
    await this.#running?.context.close();
    this.#running = undefined;
  }

  /** SIGKILL, by its id. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const gone = new Promise<void>((resolve) => {
      running.context.once('close', () => resolve());
    });
    process.kill(running.pid, 'SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.quit();
    // What a killed browser's helpers still write may come in between.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(): Promise<{ readonly context: BrowserContext; readonly pid: number }> {
    const context = await this.#type.launchPersistentContext(this.#profile, this.#options);
    const session = await context.browser()?.newBrowserCDPSession();
    const found = await session?.send('SystemInfo.getProcessInfo');
    await session?.detach();
    const pid = found?.processInfo.find(({ type }) => type === 'browser')?.id;
    if (pid === undefined) {
      await context.close();
      throw new Error('Peers need Chromium: no other browser tells the id of its process.');
    }
    this.#running = { context, pid };
    return this.#running;
  }
}
