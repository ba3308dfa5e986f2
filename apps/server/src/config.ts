import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SECRET_MIN_BYTES } from '@weft/server';

/** A mistake in how the server was started: one line for a person, exit code 2. */
export class UsageError extends Error {}

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly secret: string;
  readonly guests: boolean;
  /** Milliseconds that a shutdown may take. */
  readonly drainMs: number;
}

export const HELP = `Weft: documents that converge and conversations that are ordered.

Usage: npm start

Environment
  PORT                port to listen on; 0 takes a free one      (4400)
  HOST                address to listen on                       (127.0.0.1)
  WEFT_DATA_DIR       where the database is                      (./data)
  WEFT_AUTH_SECRET    key of the tokens, at least ${SECRET_MIN_BYTES} bytes      (made in the data directory)
  WEFT_GUESTS         on or off: sign-in with a name only        (on)
  WEFT_DRAIN_SECONDS  how long a shutdown may take               (10)

The command "weft" backs the database up, checks and restores it: npm run weft -- --help
`;

/**
 * Reads the environment. Makes the data directory, and a secret in it when none is given.
 * @throws UsageError
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const port = readPort(env['PORT']);
  const guests = readSwitch('WEFT_GUESTS', env['WEFT_GUESTS']);
  const given = env['WEFT_AUTH_SECRET'];
  if (given !== undefined && Buffer.byteLength(given) < SECRET_MIN_BYTES) {
    throw new UsageError(`WEFT_AUTH_SECRET needs at least ${SECRET_MIN_BYTES} bytes.`);
  }
  const drainMs = readDrain(env['WEFT_DRAIN_SECONDS']);
  const dataDir = dataDirectory(env);
  try {
    makeDirectory(dataDir);
    const secret = given ?? keptSecret(join(dataDir, 'auth-secret'));
    return { port, host: env['HOST'] ?? '127.0.0.1', dataDir, secret, guests, drainMs };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The data directory ${dataDir} cannot be used: ${reason}.`);
  }
}

function dataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env['WEFT_DATA_DIR'] ?? 'data');
}

/** Where the database of an environment is, whether or not it is there. */
export function databaseFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(dataDirectory(env), 'weft.db');
}

/** Level by level: `mkdirSync` with `recursive` never returns for a path that no directory can be made in (/proc). */
function makeDirectory(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new UsageError(`${path} cannot be used: it is not a directory.`);
  makeDirectory(dirname(path));
  mkdirSync(path);
}

function readPort(value: string | undefined): number {
  if (value === undefined || value === '') return 4400;
  const port = Number(value);
  if (!/^[0-9]+$/.test(value) || port > 65_535) {
    throw new UsageError(`PORT must be a number from 0 to 65535, not "${value}".`);
  }
  return port;
}

function readDrain(value: string | undefined): number {
  if (value === undefined || value === '') return 10_000;
  if (!/^[1-9][0-9]{0,3}$/.test(value)) {
    throw new UsageError(`WEFT_DRAIN_SECONDS must be a number from 1 to 9999, not "${value}".`);
  }
  return Number(value) * 1_000;
}

function readSwitch(name: string, value: string | undefined): boolean {
  if (value === undefined || value === '' || value === 'on') return true;
  if (value === 'off') return false;
  throw new UsageError(`${name} must be "on" or "off", not "${value}".`);
}

/** The secret of this data directory, made once and readable to its owner alone. */
function keptSecret(file: string): string {
  const made = randomBytes(SECRET_MIN_BYTES).toString('base64url');
  try {
    writeFileSync(file, made, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const kept = readFileSync(file, 'utf8').trim();
  if (Buffer.byteLength(kept) < SECRET_MIN_BYTES) {
    throw new UsageError(
      `${file} holds no secret of ${SECRET_MIN_BYTES} bytes. Remove it, or set WEFT_AUTH_SECRET.`,
    );
  }
  return kept;
}
