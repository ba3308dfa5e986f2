import { expect } from 'playwright/test';
import { type Person, converged, only } from '../src/person.ts';
import { test } from '../src/test.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

/** Types a burst and waits until the screen says that it is stored; tells what this person had typed by then. */
async function storedBurst(person: Person, burst: string, own: RegExp): Promise<string> {
  await person.type(burst, 2);
  await person.hasStored();
  return only(own, await person.text());
}

test('[D2] [C4] the server is killed while two type: nothing that was shown as stored is missing', async ({
  product,
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newDocument('Plan');
  await bea.openDocument('Plan');

  let storedByAnn = '';
  let storedByBea = '';
  for (let round = 0; round < 3; round += 1) {
    [storedByAnn, storedByBea] = await Promise.all([
      storedBurst(ann, LETTERS, /[a-z]/),
      storedBurst(bea, DIGITS, /[0-9]/),
    ]);
  }
  expect(storedByAnn).toBe(LETTERS.repeat(3));
  expect(storedByBea).toBe(DIGITS.repeat(3));
  await ann.send('Said before');
  const message = await ann.seesMessage('Said before', 'stored');

  await test.step('SIGKILL in the middle of their typing', async () => {
    await ann.toEnd();
    const typing = Promise.all([ann.type(LETTERS.repeat(4), 5), bea.type(DIGITS.repeat(8), 5)]);
    // Both are past their first key of this round, and far from their last.
    await expect
      .poll(async () => only(/[a-z]/, await bea.text()).length)
      .toBeGreaterThan(storedByAnn.length);
    await expect
      .poll(async () => only(/[0-9]/, await ann.text()).length)
      .toBeGreaterThan(storedByBea.length);
    await product.kill();
    await typing;
    for (const person of [ann, bea]) {
      await expect(person.status).toHaveAttribute('data-status', 'offline');
    }
  });

  await test.step('somebody new reads what the server kept, while the two are still cut off', async () => {
    ann.cutOff();
    bea.cutOff();
    await product.restart();
    const cy = await signIn('Cy');
    await cy.openDocument('Plan');
    await cy.sees(LETTERS);
    const kept = await cy.text();
    expect(only(/[a-z]/, kept).startsWith(storedByAnn)).toBe(true);
    expect(only(/[0-9]/, kept).startsWith(storedByBea)).toBe(true);
    expect(await cy.seesMessage('Said before', 'stored')).toBe(message);

    await Promise.all([ann.reconnect(), bea.reconnect()]);
    await Promise.all([ann.hasStored(), bea.hasStored()]);
    const text = await converged(ann, bea, cy);
    expect(only(/[a-z]/, text)).toBe(LETTERS.repeat(7));
    expect(only(/[0-9]/, text)).toBe(DIGITS.repeat(11));
  });
});
