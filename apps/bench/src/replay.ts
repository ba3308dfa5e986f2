import { randomUUID } from 'node:crypto';
import { USAGE, UsageError, parseOptions } from './replay/options.ts';
import { SessionError } from './replay/participant.ts';
import { replay } from './replay/replay.ts';
import { TraceError } from './replay/trace.ts';

/**
 * The `replay` command. Ends with 0 when every replica ended with the trace's text, with 1 when one did not or the
 * session could not be played, with 2 when the command line or the trace is not one.
 */
const PROGRESS_EVERY = 5000;

const terminal = process.stderr.isTTY;
let shown = 0;
function progress(text: string): void {
  const now = performance.now();
  if (terminal) process.stderr.write(`\r\x1b[K${text}`);
  else if (now - shown >= PROGRESS_EVERY) {
    shown = now;
    process.stderr.write(`${text}\n`);
  }
}

function line(text: string): void {
  if (terminal) process.stderr.write('\r\x1b[K');
  process.stdout.write(`${text}\n`);
}

try {
  const well = await replay(parseOptions(process.argv.slice(2)), {
    line,
    progress,
    clock: () => performance.now(),
    document: () => `replay-${randomUUID()}`,
  });
  process.exitCode = well ? 0 : 1;
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`replay: ${error.message}. Usage: ${USAGE}\n`);
    process.exitCode = 2;
  } else {
    const expected = error instanceof TraceError || error instanceof SessionError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`replay: ${expected ? message : `it failed: ${message}`}\n`);
    process.exitCode = error instanceof TraceError ? 2 : 1;
  }
}
