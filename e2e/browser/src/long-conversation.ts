import { seedConversation } from '@weft/testkit';
import { openSqliteStore } from '@weft/storage/sqlite';
import { type CDPSession, expect } from 'playwright/test';
import type { Person } from './person.ts';

/**
 * What a long conversation costs a browser: until the newest message is on the screen, in memory, and while one scrolls.
 */

/** The channel that every new server has. */
const CHANNEL = 'general';

/** Two years of talk, so that there are days to jump to. */
const FROM = Date.UTC(2024, 5, 1);
const TO = Date.UTC(2026, 5, 1);

const PEOPLE = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gil', 'Hal'].map((name) => ({
  sub: `seed-${name.toLowerCase()}`,
  name,
}));

/** Instants of one page, milliseconds since its navigation began. */
export interface Opened {
  /** The device's database was asked for. */
  readonly device: number;
  /** The conversation's screen was there. */
  readonly screen: number;
  /** The newest message was in the page, and its frame was made. */
  readonly painted: number;
}

/** Bytes of the page's JavaScript, after a collection of garbage. */
export interface Heap {
  readonly used: number;
  /** What typed arrays hold beside it. */
  readonly backing: number;
}

export interface Scrolled {
  /** Milliseconds of each task that took longer than 50. */
  readonly longTasks: readonly number[];
  readonly wheels: number;
}

declare global {
  interface Window {
    weftOpened?: { device?: number; screen?: number; painted?: number };
    weftLongTasks?: number[];
  }
}

/** Fills the channel, in the database of a server that does not run. */
export async function seedChannel(database: string, messages: number): Promise<void> {
  const store = await openSqliteStore({ file: database });
  try {
    const { epoch } = store.identity;
    const range = { from: FROM, to: TO, epoch };
    await seedConversation(store.log, {
      conversation: CHANNEL,
      messages,
      people: PEOPLE,
      ...range,
    });
  } finally {
    await store.close();
  }
}

/** Has every page of this person note when it asked the device, showed the conversation, and painted its newest message. */
export async function noteOpening(person: Person, messages: number): Promise<void> {
  await person.context.addInitScript((count) => {
    const noted: NonNullable<Window['weftOpened']> = {};
    window.weftOpened = noted;
    window.weftLongTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.weftLongTasks?.push(duration);
    }).observe({ type: 'longtask' });
    const device = indexedDB;
    const open = device.open.bind(device);
    device.open = (...args) => {
      noted.device ??= performance.now();
      return open(...args);
    };
    const watch = new MutationObserver(() => {
      if (document.querySelector('.conversation') !== null) noted.screen ??= performance.now();
      const newest = document.querySelector(`[data-message-id][aria-posinset="${count}"]`);
      if (newest === null) return;
      watch.disconnect();
      // The frame that shows it is about to be made; what a frame's callback posts runs once it is.
      requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => {
          noted.painted = performance.now();
        };
        painted.port2.postMessage(undefined);
      });
    });
    watch.observe(document, { childList: true, subtree: true });
  }, messages);
}

/** Opens the channel by its address, as whoever comes back to it does. */
export async function openChannel(person: Person): Promise<Opened> {
  const { page } = person;
  const address = new URL(`/c/${CHANNEL}`, person.line.url).href;
  await page.goto('about:blank');
  await page.goto(address);
  await page.waitForFunction(() => window.weftOpened?.painted !== undefined);
  return page.evaluate(() => {
    const { device, screen, painted } = window.weftOpened ?? {};
    if (device === undefined || screen === undefined || painted === undefined)
      throw new Error('The page did not note how it opened.');
    return { device, screen, painted };
  });
}

/** The heap after a collection. */
export async function heapOf(session: CDPSession): Promise<Heap> {
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  const usage = await session.send('Runtime.getHeapUsage');
  return { used: usage.usedSize, backing: usage.backingStorageSize };
}

/** Scrolls by the wheel: slowly, as one reads, then as fast as a flick, until the first message or so many turns. */
export async function scrollUp(person: Person, fast: number): Promise<Scrolled> {
  const { page } = person;
  const log = page.getByRole('log', { name: 'Conversation' });
  await log.hover();
  // Found once: to look for it by its role at each turn is work in the page that is measured.
  const scroller = await log.elementHandle();
  if (scroller === null) throw new Error('There is no list.');
  await forgetLongTasks(person);
  let wheels = 0;
  const turn = async (by: number) => {
    await page.mouse.wheel(0, by);
    wheels += 1;
    return scroller.evaluate(
      (element) =>
        new Promise<number>((resolve) => {
          requestAnimationFrame(() => resolve(element.scrollTop));
        }),
    );
  };
  for (let turns = 0; turns < 300; turns += 1) if ((await turn(-120)) === 0) break;
  for (let turns = 0; turns < fast; turns += 1) if ((await turn(-4_000)) === 0) break;
  return { wheels, longTasks: await longTasks(person) };
}

/** Jumps to days, from the newest to the oldest, and back to the end. */
export async function jumpThrough(person: Person, jumps: number): Promise<Scrolled> {
  const { page } = person;
  const list = page.getByRole('list', { name: 'Messages' });
  await forgetLongTasks(person);
  for (let jump = 1; jump <= jumps; jump += 1) {
    const day = new Date(TO - ((TO - FROM) / (jumps + 1)) * jump).toISOString().slice(0, 10);
    await page.getByRole('button', { name: /Jump to a date$/ }).click();
    await page.getByLabel('Jump to', { exact: true }).fill(day);
    await page.getByRole('button', { name: 'Go' }).click();
    await expect(list.locator(':focus')).toBeVisible();
    await expect(list.locator('[data-flashed] time').first()).toHaveAttribute(
      'datetime',
      new RegExp(`^${day}|^${dayBefore(day)}`),
    );
  }
  await page.getByRole('button', { name: 'Newest' }).click();
  await expect(page.getByRole('button', { name: 'Newest' })).toBeHidden();
  return { wheels: 0, longTasks: await longTasks(person) };
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

async function forgetLongTasks(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    window.weftLongTasks = [];
  });
}

function longTasks(person: Person): Promise<readonly number[]> {
  return person.page.evaluate(
    // Entries are handed out when the page is idle.
    () =>
      new Promise<readonly number[]>((resolve) => {
        requestIdleCallback(() => resolve(window.weftLongTasks ?? []));
      }),
  );
}

/** Wishes all of the channel to be on this device, and waits until it is. */
export async function keepAll(person: Person, segments: number): Promise<void> {
  await person.page.evaluate(async (key) => {
    const [{ name } = {}] = await indexedDB.databases();
    if (name === undefined) throw new Error('The device has no database.');
    const opening = indexedDB.open(name);
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const transaction = opening.result.transaction('values', 'readwrite');
    transaction.objectStore('values').put('1', key);
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    opening.result.close();
  }, `keep/${CHANNEL}`);
  await openChannel(person);
  await expect
    .poll(() => countKept(person), { message: 'segments on the device', timeout: 900_000 })
    .toBe(segments);
}

/** How many of the channel's segments the device holds something of. */
function countKept(person: Person): Promise<number> {
  return person.page.evaluate(async (prefix) => {
    const [{ name } = {}] = await indexedDB.databases();
    const opening = indexedDB.open(name ?? '');
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const documents = opening.result
      .transaction('updates')
      .objectStore('updates')
      .index('document');
    const within = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const cursor = documents.openKeyCursor(within, 'nextunique');
    const count = await new Promise<number>((resolve) => {
      let found = 0;
      cursor.onsuccess = () => {
        if (cursor.result === null) resolve(found);
        else {
          found += 1;
          cursor.result.continue();
        }
      };
    });
    opening.result.close();
    return count;
  }, `conversation/${CHANNEL}/`);
}
