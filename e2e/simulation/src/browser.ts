import {
  SimIndexedDb,
  SimJottings,
  type SimRandom,
  type TabHub,
  createTabHub,
} from '@weft/testkit/sim';

/** What the tabs of one person on one device share, and what outlives them. */
export class Browser {
  readonly storage = new SimIndexedDb();
  /** Some browsers have no place for a last word: there, a killed tab loses what was not committed. */
  readonly jottings: SimJottings | undefined;
  /** How tabs hear each other, and take turns; nothing where there is only one. */
  readonly hub: TabHub | undefined;
  /** Milliseconds that its clock is ahead. */
  readonly skew: number;
  /** Whether it ever refused to keep something, or lost what it kept. */
  refused = false;

  /** @param tabs how many share it */
  constructor(random: SimRandom, tabs: number) {
    this.jottings = random.fork('jottings').chance(0.5) ? new SimJottings() : undefined;
    this.skew = random.fork('skew').int(-60_000, 60_000);
    this.hub = tabs > 1 ? createTabHub() : undefined;
  }
}
