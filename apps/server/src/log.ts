import type { Logger } from '@weft/server';
import { type Level, pino } from 'pino';

/** How much of the log is written; the rest is not even put together. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What looks like a sign-in: a JWT, or what follows `Bearer` or `token=`. */
const SIGN_IN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\bBearer )[^\s"\\]+|(?<=\btoken=)[^\s"&\\]+/g;

/** One JSON line per event on stderr: stdout is for the person who started the server. */
export function openLog(level: LogLevel): Logger {
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Nobody writes a token into the log; should an error of somebody else's name one, it gets no further.
      hooks: { streamWrite: (line) => line.replaceAll(SIGN_IN, '[token]') },
    },
    // At once: the last line before an exit is the one that is asked for.
    pino.destination({ dest: 2, sync: true }),
  );
  const write =
    (at: Level): Logger['info'] =>
    (message, fields = {}) => {
      log[at](fields, message);
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}
