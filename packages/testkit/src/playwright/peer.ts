import type { BrowserContext, Page } from '@playwright/test';
import * as v from 'valibot';
import { makeProbe } from '../probe.ts';
import { type Replica, replicaSchema } from '../replica.ts';
import { type App, DEFAULT_DOM } from './app.ts';
import type { PersonalBrowser } from './browser.ts';
import { type KeptDocument, keptDocuments } from './device.ts';
import type { PeerNetwork } from './network.ts';
import { type PeerStorage, peerStorage } from './storage.ts';

/** What a peer holds and shows at one moment. */
export interface Snapshot {
  readonly replicas: readonly Replica[];
  /** The text of each editable element, a line for each block. */
  readonly dom: readonly string[];
  /** What its device keeps, where the app says where. */
  readonly kept: readonly KeptDocument[] | undefined;
}

/** Somebody with the app open in a browser, on a line of their own. Tabs of one person share both. */
export class Peer {
  readonly name: string;
  readonly index: number;
  readonly network: PeerNetwork;
  readonly storage: PeerStorage;
  /** Errors that its pages threw and nobody caught. */
  readonly errors: string[] = [];
  readonly #app: App;
  readonly #browser: PersonalBrowser;
  #page: Page | undefined;

  constructor(options: {
    readonly name: string;
    readonly index: number;
    readonly app: App;
    readonly browser: PersonalBrowser;
    readonly network: PeerNetwork;
  }) {
    this.name = options.name;
    this.index = options.index;
    this.network = options.network;
    this.#app = options.app;
    this.#browser = options.browser;
    this.storage = peerStorage(
      () => this.page,
      () => this.context,
    );
  }

  /** The page that is open now: another one after a crash. */
  get page(): Page {
    if (this.#page === undefined) throw new Error(`${this.name} has no page open: reopen() first.`);
    return this.#page;
  }

  get isOpen(): boolean {
    return this.#page !== undefined;
  }

  get context(): BrowserContext {
    return this.#browser.context;
  }

  /** Opens the app; after a crash or a kill, as the person who was here before. */
  async open(again: boolean): Promise<void> {
    const page = await this.#browser.page();
    page.on('pageerror', (error) => this.errors.push(error.message));
    this.#page = page;
    const { name, index } = this;
    await this.#app.open(page, { origin: this.network.origin, name, index, again });
    await this.#install();
  }

  /** Kills the page's process, as the browser does to one that takes too much memory. */
  async crash(): Promise<void> {
    const { page } = this;
    const crashed = page.waitForEvent('crash');
    const session = await this.context.newCDPSession(page);
    // It is never answered: who would answer is gone.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close();
    this.#page = undefined;
  }

  /** Quits the browser, with all its tabs, as a person does. */
  async quit(): Promise<void> {
    await this.#browser.quit();
    this.#page = undefined;
  }

  /**
   * Kills the browser (SIGKILL), with all its tabs. What it had written to its profile stays: Chromium writes
   * `localStorage` seconds later, so that an app that keeps the sign-in there may meet a stranger.
   */
  async kill(): Promise<void> {
    await this.#browser.kill();
    this.#page = undefined;
  }

  /** Comes back after `crash`, `kill` or `quit`, to the same storage. */
  async reopen(): Promise<void> {
    await this.open(true);
  }

  /** Loads the page anew; resolves when the app can be used. */
  async reload(): Promise<void> {
    const { name, index, page } = this;
    await this.#app.open(page, { origin: this.network.origin, name, index, again: true });
    await this.#install();
  }

  /** Resolves once the app says that all of this peer's changes are where it promises them to be. */
  async settled(): Promise<void> {
    await this.#install();
    await this.page.evaluate(() => globalThis.__convergence__?.settled());
  }

  /** What the app says of itself. */
  async state(): Promise<string> {
    await this.#install();
    return this.page.evaluate(() => globalThis.__convergence__?.states() ?? 'nothing');
  }

  /** Reads the documents, the screen and the device. @throws Error for a page that shows no document to tests */
  async read(): Promise<Snapshot> {
    await this.#install();
    const { selector, ignore } = this.#app.dom ?? DEFAULT_DOM;
    const [read, dom, kept] = await Promise.all([
      this.page.evaluate(() => globalThis.__convergence__?.read() ?? '[]'),
      this.page.evaluate(shownText, { selector, ignore: ignore ?? '' }),
      this.#app.device === undefined ? undefined : keptDocuments(this.page, this.#app.device),
    ]);
    return { replicas: v.parse(v.array(replicaSchema), JSON.parse(read)), dom, kept };
  }

  /** A page that was loaded anew has no probe, and an app may have made another document. */
  async #install(): Promise<void> {
    const { documents = 'exposed', settled } = this.#app;
    if (documents === 'tiptap') {
      await this.page.evaluate(
        `globalThis.__convergence__ ??= (${makeProbe.toString()})(); ` +
          `globalThis.__convergence__.registerTiptap(${JSON.stringify(settled)})`,
      );
    }
    const found = await this.page.evaluate(() => globalThis.__convergence__?.names().length ?? 0);
    if (found > 0) return;
    throw new Error(
      documents === 'tiptap'
        ? `${this.name}'s page shows no Tiptap editor with a collaborative document: let \`app.open\` wait for it.`
        : `${this.name}'s page shows no document to tests: call exposeForTest({ yDoc }) of @weft/testkit/expose where the app makes it, or set \`documents: 'tiptap'\`.`,
    );
  }
}

/** Runs in the page. */
function shownText({ selector, ignore }: { selector: string; ignore: string }): string[] {
  return [...document.querySelectorAll(selector)].map((element) => {
    const copy = element.cloneNode(true);
    if (!(copy instanceof Element)) return '';
    if (ignore !== '') for (const other of copy.querySelectorAll(ignore)) other.remove();
    const { children } = copy;
    return children.length === 0
      ? copy.textContent
      : [...children].map((block) => block.textContent).join('\n');
  });
}
