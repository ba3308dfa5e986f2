#!/usr/bin/env node
import { StorageError } from '@weft/storage';
import { runCommand } from './commands/run.ts';
import { UsageError } from './config.ts';

/** The `weft` command. Ends with 2 for a mistake in how it was called, with 1 for anything that is wrong. */
try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    env: process.env,
    now: Date.now,
    say: (text) => process.stdout.write(`${text}\n`),
  });
} catch (error) {
  const expected = error instanceof UsageError || error instanceof StorageError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`weft: ${expected ? message : `it failed: ${message}`}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
