import { expect } from 'playwright/test';
import { converged, only } from '../src/person.ts';
import { test } from '../src/test.ts';

test('[D1] two type at once and converge; a third who joins late sees the same', async ({
  signIn,
}) => {
  const [ann, bea] = await Promise.all([signIn('Ann'), signIn('Bea')]);
  await ann.newDocument('Plan');
  await bea.openDocument('Plan');

  await test.step('in one paragraph, each in their own place', async () => {
    await Promise.all([ann.type('abcdefghij'.repeat(6), 5), bea.type('0123456789'.repeat(6), 5)]);
    const text = await converged(ann, bea);
    // Whatever the order of the two, nobody's keys are lost, doubled or turned round.
    expect(only(/[a-z]/, text)).toBe('abcdefghij'.repeat(6));
    expect(only(/[0-9]/, text)).toBe('0123456789'.repeat(6));
  });

  await test.step('in paragraphs of their own', async () => {
    await ann.toEnd();
    await ann.page.keyboard.press('Enter');
    await ann.type('Ann was here');
    await bea.sees('Ann was here');
    await bea.toEnd();
    await bea.page.keyboard.press('Enter');
    await Promise.all([ann.type(' and stays'), bea.type('Bea writes below')]);
    const text = await converged(ann, bea);
    expect(text).toContain('\nAnn was here and stays\nBea writes below');
  });

  await test.step('a third joins late', async () => {
    const cy = await signIn('Cy');
    await cy.openDocument('Plan');
    await cy.sees('Bea writes below');
    const text = await converged(ann, bea, cy);
    await cy.type(' Cy too');
    expect(await converged(ann, bea, cy)).toBe(`${text} Cy too`);
    await Promise.all([ann, bea, cy].map((person) => person.hasStored()));
  });
});
