import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestServer, startTestServer } from '@weft/testkit/playwright';

/** The product as people run it: the server's entry in a process of its own, serving the built web app. */
export type Product = TestServer;

export const PRODUCT_ENTRY = fileURLToPath(
  new URL('../../../apps/server/src/main.ts', import.meta.url),
);

/** @param env further variables of the server's environment */
export function startProduct(env: Readonly<Record<string, string>> = {}): Promise<Product> {
  return startTestServer({ entry: PRODUCT_ENTRY, env });
}

/** The database of a product's data directory. */
export function databaseOf(dataDir: string): string {
  return join(dataDir, 'weft.db');
}
