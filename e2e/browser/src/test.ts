import { test as base, expect } from 'playwright/test';
import { Person } from './person.ts';
import { type Product, startProduct } from './product.ts';

/** A test with a server of its own and as many people as it wants. */
export const test = base.extend<{
  /** Further variables of the server's environment. */
  serverEnv: Readonly<Record<string, string>>;
  product: Product;
  /** Signs somebody in, in a browser context and on a line of their own. @param prepare run in each page before the app */
  signIn: (name: string, prepare?: () => void) => Promise<Person>;
}>({
  serverEnv: [{}, { option: true }],
  product: async ({ serverEnv }, use) => {
    const product = await startProduct(serverEnv);
    try {
      await use(product);
    } finally {
      await product.close();
    }
  },
  signIn: async ({ browser, product }, use) => {
    const people: Person[] = [];
    await use(async (name, prepare) => {
      const person = await Person.signIn(browser, await product.line(), name, prepare);
      people.push(person);
      return person;
    });
    await Promise.all(people.map((person) => person.context.close()));
    for (const person of people)
      expect(person.errors, `errors on ${person.name}'s page`).toEqual([]);
  },
});
