import type { Logger } from '@weft/server';

/** One JSON line per event on stderr: stdout is for the person who started the server. */
function write(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) {
  const line = { time: new Date().toISOString(), level, message, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

export const stderrLogger: Logger = {
  info: () => {},
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
};
