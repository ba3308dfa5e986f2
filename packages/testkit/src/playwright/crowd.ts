import type { SeenFrame } from '../index.ts';
import type { App } from './app.ts';
import type { PersonalBrowser } from './browser.ts';
import { peerNetwork } from './network.ts';
import { Peer } from './peer.ts';
import type { TestServer } from './server.ts';

const NAMES = ['Ann', 'Bea', 'Cy', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal'];

/** Messages of a line that are kept for the trace of a failed test. */
const KEPT_FRAMES = 500;

/** Everybody of one test. */
export class Crowd {
  readonly #app: App;
  readonly #server: TestServer;
  readonly #launch: () => Promise<PersonalBrowser>;
  readonly #browsers: PersonalBrowser[] = [];
  readonly #everybody: Peer[] = [];

  constructor(app: App, server: TestServer, launch: () => Promise<PersonalBrowser>) {
    this.#app = app;
    this.#server = server;
    this.#launch = launch;
  }

  async peers(count: number): Promise<readonly Peer[]> {
    const places = await Promise.all(Array.from({ length: count }, () => this.#place()));
    const peers = places.map((place) => this.#make(this.#nextName(), place));
    // The first may make what the others open.
    const [first, ...others] = peers;
    await first?.open(false);
    await Promise.all(others.map((peer) => peer.open(false)));
    return peers;
  }

  async tabs(count: number): Promise<readonly Peer[]> {
    const place = await this.#place();
    const name = this.#nextName();
    const tabs: Peer[] = [];
    for (let index = 0; index < count; index += 1) {
      const tab = this.#make(index === 0 ? name : `${name} (tab ${index + 1})`, place);
      await tab.open(index > 0);
      tabs.push(tab);
    }
    return tabs;
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
  }

  /** @throws Error when a page threw */
  complain(): void {
    const errors = this.#everybody.flatMap((peer) =>
      peer.errors.map((error) => `${peer.name}'s page threw: ${error}`),
    );
    if (errors.length > 0) throw new Error(errors.join('\n'));
  }

  #nextName(): string {
    const people = this.#browsers.length;
    const taken = this.#everybody.filter((peer) => !peer.name.includes('(')).length;
    return NAMES[taken] ?? `Peer ${people}`;
  }

  #make(name: string, { browser, network }: Place): Peer {
    const peer = new Peer({
      name,
      index: this.#everybody.length,
      app: this.#app,
      browser,
      network,
    });
    this.#everybody.push(peer);
    return peer;
  }

  async #place(): Promise<Place> {
    const frames: SeenFrame[] = [];
    const [browser, line] = await Promise.all([
      this.#launch(),
      this.#server.line({
        seed: this.#browsers.length,
        onFrame: (frame) => {
          frames.push(frame);
          if (frames.length > KEPT_FRAMES) frames.shift();
        },
      }),
    ]);
    this.#browsers.push(browser);
    const network = peerNetwork(line, frames, async () => {
      const own = this.#everybody.filter((peer) => peer.network === network && peer.isOpen);
      await Promise.all(
        own.map((peer) => peer.page.evaluate(() => window.dispatchEvent(new Event('online')))),
      );
    });
    return { browser, network };
  }
}

interface Place {
  readonly browser: PersonalBrowser;
  readonly network: Peer['network'];
}
