import { installSimGlobals } from '@weft/testkit/sim-globals';

/**
 * The first import of every program here: some libraries keep the clock and the random source that they find when they
 * are imported, so the simulated ones must be there before.
 */
export const globals = installSimGlobals();
