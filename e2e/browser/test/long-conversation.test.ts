import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'playwright/test';
import {
  type Opened,
  heapOf,
  jumpThrough,
  keepAll,
  noteOpening,
  openChannel,
  scrollUp,
  seedChannel,
} from '../src/long-conversation.ts';
import { databaseOf } from '../src/product.ts';
import { quantile } from '../src/stopwatch.ts';
import { test } from '../src/test.ts';

/** How long the conversation is. `npm run figures` asks for the length that the figures are of. */
const MESSAGES = Number(process.env['WEFT_LONG_CONVERSATION'] ?? 3_000);
const MEASURED = process.env['WEFT_FIGURES'] !== undefined;
const OPENINGS = MEASURED ? 9 : 2;
const RESULTS = fileURLToPath(new URL('../results/long-conversation.json', import.meta.url));

// A trace takes pictures of every step, which is more work than what is measured.
test.use({ trace: 'off' });

test('a long conversation that is kept opens from the device, and is read to its first message', async ({
  product,
  signIn,
}) => {
  await product.whileStopped((dataDir) => seedChannel(databaseOf(dataDir), MESSAGES));
  const ann = await signIn('Ann');
  await noteOpening(ann, MESSAGES);
  await keepAll(ann, Math.ceil(MESSAGES / 512));
  await ann.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const session = await ann.context.newCDPSession(ann.page);
  ann.cutOff();
  await ann.context.setOffline(true);

  const opened: Opened[] = [];
  for (let opening = 0; opening < OPENINGS; opening += 1) opened.push(await openChannel(ann));
  const atOpening = await heapOf(session);
  const scrolled = await scrollUp(ann, MEASURED ? 1_000 : 60);
  const afterScrolling = await heapOf(session);
  const end = ann.page.getByRole('button', { name: 'Newest' });
  await end.click();
  await expect(end).toBeHidden();
  await ann.page.mouse.wheel(0, -400);
  const jumped = await jumpThrough(ann, MEASURED ? 12 : 2);
  const afterJumps = await heapOf(session);

  const from = (since: (each: Opened) => number) => {
    const samples = opened.map((each) => each.painted - since(each));
    return { median: quantile(samples, 0.5), worst: quantile(samples, 1) };
  };
  const figures = {
    messages: MESSAGES,
    environment: { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' },
    /** Milliseconds until the newest message was painted. */
    paint: {
      sinceDevice: from(({ device }) => device),
      sinceScreen: from(({ screen }) => screen),
      sinceNavigation: from(() => 0),
    },
    /** Bytes after a collection. */
    heap: { atOpening, afterScrolling, afterJumps },
    /** Milliseconds of tasks longer than 50. */
    longTasks: { scrolling: scrolled.longTasks, jumping: jumped.longTasks },
    wheels: scrolled.wheels,
  };
  console.log(JSON.stringify(figures, undefined, 1));
  if (MEASURED && MESSAGES === 100_000) {
    await mkdir(new URL('.', `file://${RESULTS}`), { recursive: true });
    await writeFile(RESULTS, `${JSON.stringify(figures, undefined, 1)}\n`);
  }
});
