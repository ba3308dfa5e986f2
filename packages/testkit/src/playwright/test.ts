import {
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
  test as base,
} from '@playwright/test';
import type { App } from './app.ts';
import { PersonalBrowser } from './browser.ts';
import { Crowd } from './crowd.ts';
import type { Peer } from './peer.ts';
import { type ReplayOptions, type SessionOptions, runSession } from './session.ts';
import { type ServerOptions, type TestServer, startTestServer } from './server.ts';

export interface ConvergenceTestOptions {
  readonly server: ServerOptions;
  readonly app: App;
}

export interface ConvergenceFixtures {
  /** A server of this test's own. */
  readonly server: TestServer;
  /** Gives people who have opened the app, each in a browser and on a line of their own; one after the other. */
  readonly peers: (count: number) => Promise<readonly Peer[]>;
  /** Gives tabs of one person, in one browser. */
  readonly tabs: (count: number) => Promise<readonly Peer[]>;
  /** Lets peers edit at random among faults, on a server of their own, and expects them to converge. */
  readonly randomSession: (session: SessionOptions | ReplayOptions) => Promise<string>;
}

/** Playwright's `test` with a server and as many peers as a test wants. A page that throws fails its test. */
export function convergenceTest(
  options: ConvergenceTestOptions,
): TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & ConvergenceFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
> {
  return base.extend<ConvergenceFixtures & { readonly crowd: Crowd }>({
    // oxlint-disable-next-line no-empty-pattern
    server: async ({}, use) => {
      const server = await startTestServer(options.server);
      try {
        await use(server);
      } finally {
        await server.close();
      }
    },
    crowd: async ({ playwright, browserName, launchOptions, server }, use) => {
      const crowd = new Crowd(options.app, server, () =>
        PersonalBrowser.launch(playwright[browserName], launchOptions),
      );
      try {
        await use(crowd);
      } finally {
        await crowd.close();
      }
      crowd.complain();
    },
    peers: async ({ crowd }, use) => use((count) => crowd.peers(count)),
    tabs: async ({ crowd }, use) => use((count) => crowd.tabs(count)),
    randomSession: async ({ playwright, browserName, launchOptions }, use, info) => {
      const open = async () => {
        const server = await startTestServer(options.server);
        const crowd = new Crowd(options.app, server, () =>
          PersonalBrowser.launch(playwright[browserName], launchOptions),
        );
        const close = async () => {
          await crowd.close();
          await server.close();
        };
        return { server, crowd, close };
      };
      await use((session) => runSession(session, { app: options.app, open, info }));
    },
  });
}
