import type { Parameters } from 'fast-check';

/**
 * Property tests are the same at every run; `WEFT_SEED` looks elsewhere. A failure prints seed and path, and the
 * smallest counterexample.
 */
export const seeded: Parameters<unknown> = {
  seed: Number(process.env['WEFT_SEED'] ?? 20_260_101),
  verbose: 1,
};
