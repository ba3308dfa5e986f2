import type { FaultProxy } from '@weft/testkit';
import {
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  expect,
} from 'playwright/test';

/** A message as the list shows it. */
export interface ShownMessage {
  readonly id: string;
  readonly state: string;
  readonly text: string;
}

/** The text that an editor shows, a line for each block, without the carets of others. */
export function textIn(editor: Locator): Promise<string> {
  return editor.evaluate((shown) => {
    const copy = shown.cloneNode(true);
    if (!(copy instanceof HTMLElement)) return '';
    for (const caret of copy.querySelectorAll('.weft-caret')) caret.remove();
    return [...copy.children].map((block) => block.textContent).join('\n');
  });
}

/** Somebody with a browser of their own and a line to the server of their own. */
export class Person {
  readonly name: string;
  readonly line: FaultProxy;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors that the page threw and nobody caught. */
  readonly errors: string[] = [];

  private constructor(name: string, line: FaultProxy, context: BrowserContext, page: Page) {
    this.name = name;
    this.line = line;
    this.context = context;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** Opens a browser and signs in. @param prepare run in each page before the app */
  static async signIn(
    browser: Browser,
    line: FaultProxy,
    name: string,
    prepare?: () => void,
  ): Promise<Person> {
    const context = await browser.newContext();
    if (prepare !== undefined) await context.addInitScript(prepare);
    const person = new Person(name, line, context, await context.newPage());
    await person.page.goto(line.url);
    const field = person.page.getByRole('textbox', { name: 'Your name' });
    await field.fill(name);
    await field.press('Enter');
    await expect(person.workspace).toBeVisible();
    return person;
  }

  get workspace(): Locator {
    return this.page.getByRole('navigation', { name: 'Workspace' });
  }

  get editor(): Locator {
    return this.page.getByRole('textbox', { name: 'Document' });
  }

  /** Where the newest change is, as the screen says: `local`, `offline`, `stored`, … */
  get status(): Locator {
    return this.page.locator('[role=status][data-status]');
  }

  /** Makes a document with a title, ready to be written in. */
  async newDocument(title: string): Promise<void> {
    await this.make('New document', title);
    await expect(this.editor).toBeFocused();
  }

  async newChannel(title: string): Promise<void> {
    await this.make('New channel', title);
    await expect(this.composer).toBeVisible();
  }

  private async make(button: string, title: string): Promise<void> {
    await this.workspace.getByRole('button', { name: button }).click();
    const field = this.page.getByRole('textbox', { name: 'Title' });
    await field.fill(title);
    await field.press('Enter');
    await expect(this.workspace.getByRole('link', { name: title })).toBeVisible();
  }

  /** Opens something that the directory lists, as soon as it does. */
  async openEntry(title: string): Promise<void> {
    await this.workspace.getByRole('link', { name: title }).click();
  }

  /** Opens a document and puts the caret at its end. */
  async openDocument(title: string): Promise<void> {
    await this.openEntry(title);
    await this.toEnd();
  }

  async toEnd(): Promise<void> {
    await expect(this.editor).toBeVisible();
    await this.editor.click();
    await this.page.keyboard.press('Control+End');
  }

  /** Types at the caret, key by key. @param delay milliseconds between keys */
  async type(text: string, delay = 0): Promise<void> {
    await this.page.keyboard.type(text, { delay });
  }

  /** The document's text, a line for each block, without the carets of others. */
  text(): Promise<string> {
    return textIn(this.editor);
  }

  async sees(text: string): Promise<void> {
    await expect.poll(() => this.text(), { message: `what ${this.name} sees` }).toContain(text);
  }

  async hasStored(): Promise<void> {
    await expect(this.status).toHaveAttribute('data-status', 'stored');
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** What the list of messages shows, from its top to its end. */
  messages(): Promise<readonly ShownMessage[]> {
    return this.page
      .getByRole('list', { name: 'Messages' })
      .locator('[data-message-id]')
      .evaluateAll((items) =>
        items.map((item) => ({
          id: item.getAttribute('data-message-id') ?? '',
          state: item.getAttribute('data-state') ?? '',
          text: item.textContent,
        })),
      );
  }

  /** Waits until a message with this text is in a state, and tells its id. */
  async seesMessage(text: string, state: string): Promise<string> {
    const item = this.page
      .getByRole('list', { name: 'Messages' })
      .locator('[data-message-id]')
      .filter({ hasText: text });
    await expect(item).toHaveAttribute('data-state', state);
    return (await item.getAttribute('data-message-id')) ?? '';
  }

  /** Takes the network away: open sockets die, new ones are refused. Pages still load. */
  cutOff(): void {
    this.line.cut();
  }

  /** Brings the network back, and the event with which a browser tells its pages so. */
  async reconnect(): Promise<void> {
    this.line.restore();
    await this.page.evaluate(() => window.dispatchEvent(new Event('online')));
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await expect(this.workspace).toBeVisible();
  }
}

/** Waits until all see the same text, and tells it. */
export async function converged(...people: readonly Person[]): Promise<string> {
  const texts = () => Promise.all(people.map((person) => person.text()));
  await expect
    .poll(async () => new Set(await texts()).size, { message: 'number of different texts' })
    .toBe(1);
  return (await texts())[0] ?? '';
}

/** The characters of a text that one author alone types, in their order. */
export function only(characters: RegExp, text: string): string {
  return [...text].filter((character) => characters.test(character)).join('');
}
