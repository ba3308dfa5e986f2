import { expect } from 'playwright/test';
import type { Person } from '../src/person.ts';
import { test } from '../src/test.ts';

/** Waits until everybody shows this many stored messages, and in the same order; tells the order. */
async function oneOrder(count: number, ...people: readonly Person[]): Promise<readonly string[]> {
  const lists = () => Promise.all(people.map((person) => person.messages()));
  await expect
    .poll(
      async () =>
        (await lists()).map((list) => list.filter(({ state }) => state === 'stored').length),
      { message: 'stored messages shown' },
    )
    .toEqual(people.map(() => count));
  const [first, ...rest] = (await lists()).map((list) => list.map(({ id }) => id));
  for (const other of rest) expect(other).toEqual(first);
  expect(new Set(first).size).toBe(count);
  return first ?? [];
}

test('[C1] [C2] two who talk at once see one order, and so does who comes later', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');

  const talk = async (person: Person) => {
    for (let n = 1; n <= 10; n += 1) await person.send(`${person.name} says ${n}`);
  };
  await Promise.all([talk(ann), talk(bea)]);
  const order = await oneOrder(20, ann, bea);

  const shown = await ann.messages();
  for (const { name } of [ann, bea]) {
    // Each one's own come in the order in which they were sent (law C5).
    const own = shown.flatMap(
      ({ text }) => /(Ann|Bea) says (\d+)/.exec(text)?.slice(1, 3).join(' ') ?? [],
    );
    expect(own.filter((text) => text.startsWith(name))).toEqual(
      Array.from({ length: 10 }, (_, n) => `${name} ${n + 1}`),
    );
  }
  const cy = await signIn('Cy');
  await cy.openEntry('Loom');
  await Promise.all([ann.reload(), bea.reload()]);
  expect(await oneOrder(20, ann, bea, cy)).toEqual(order);
});

test('[C3] [C7] a message sent while cut off survives a reload and arrives once', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('First');
  await bea.seesMessage('First', 'stored');

  ann.cutOff();
  await ann.send('From the tunnel');
  const id = await ann.seesMessage('From the tunnel', 'queued');
  await bea.send('Meanwhile');
  await bea.seesMessage('Meanwhile', 'stored');
  await ann.reload();
  expect(await ann.seesMessage('From the tunnel', 'queued')).toBe(id);

  await ann.reconnect();
  expect(await ann.seesMessage('From the tunnel', 'stored')).toBe(id);
  const order = await oneOrder(3, ann, bea);
  expect(order[2]).toBe(id);
  await Promise.all([ann.reload(), bea.reload()]);
  expect(await oneOrder(3, ann, bea)).toEqual(order);
});

test('[C3] a message whose ack was lost is sent again and has one effect', async ({ signIn }) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newChannel('Loom');
  await bea.openEntry('Loom');
  await ann.send('First');
  await bea.seesMessage('First', 'stored');

  // The server hears Ann, and she does not hear the server: it stores what she never learns of.
  ann.line.pause('down');
  await ann.send('Twice?');
  const id = await bea.seesMessage('Twice?', 'stored');
  expect(await ann.seesMessage('Twice?', 'queued')).toBe(id);
  ann.cutOff();
  await ann.reload();
  await ann.seesMessage('Twice?', 'queued');

  await ann.reconnect();
  await ann.seesMessage('Twice?', 'stored');
  await ann.send('Once.');
  const order = await oneOrder(3, ann, bea);
  expect(order[1]).toBe(id);
});
