import { basename } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE =
  'npm run replay -- <trace.json.gz> [--clients N] [--rate edits/s] [--server ws://… --token …] [--no-kill]';

export interface ReplayOptions {
  readonly file: string;
  /** The file's name, for people. */
  readonly name: string;
  /** `undefined`: one per author, and at least two. */
  readonly clients: number | undefined;
  /** Edits a second over all authors; `undefined`: as fast as it goes. */
  readonly rate: number | undefined;
  /** A server that runs already; otherwise one is started. */
  readonly server: { readonly url: string; readonly token: string } | undefined;
  /** Whether to kill the started server in the end and to read once more after its restart. */
  readonly kill: boolean;
}

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): ReplayOptions {
  const { values, positionals } = parse(argv);
  const [file, ...rest] = positionals;
  if (file === undefined) throw new UsageError('which trace? A file is needed');
  if (rest.length > 0) throw new UsageError(`one trace at a time, not also ${rest.join(' ')}`);
  return {
    file,
    name: basename(file),
    clients: values.clients === undefined ? undefined : wholeNumber('--clients', values.clients),
    rate: values.rate === undefined ? undefined : positiveNumber('--rate', values.rate),
    server: parseServer(values.server, values.token),
    kill: values.kill ?? values.server === undefined,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      allowNegative: true,
      options: {
        clients: { type: 'string' },
        rate: { type: 'string' },
        server: { type: 'string' },
        token: { type: 'string' },
        kill: { type: 'boolean' },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(message.split('\n', 1)[0] ?? message, { cause });
  }
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 10_000) {
    throw new UsageError(`${option} takes a whole number from 1 to 10000, not ${text}`);
  }
  return value;
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) {
    throw new UsageError(`${option} takes a number above 0, not ${text}`);
  }
  return value;
}

function parseServer(url: string | undefined, token: string | undefined): ReplayOptions['server'] {
  if (url === undefined) {
    if (token !== undefined) throw new UsageError('--token needs --server');
    return undefined;
  }
  if (token === undefined) throw new UsageError('--server needs --token');
  if (!URL.canParse(url) || !['ws:', 'wss:', 'http:', 'https:'].includes(new URL(url).protocol)) {
    throw new UsageError(`--server takes an address like ws://127.0.0.1:4400/sync, not ${url}`);
  }
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/sync';
  return { url: address.href, token };
}
