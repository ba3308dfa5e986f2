import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  type AdmissionLimits,
  DEFAULT_ADMISSION,
  DEFAULT_FILE_LIMITS,
  type FileLimits,
  SECRET_MIN_BYTES,
  isProxy,
} from '@weft/server';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** A mistake in how the server was started: one line for a person, exit code 2. */
export class UsageError extends Error {}

/** Who else signs tokens. */
export interface KeySource {
  /** An address or a file. */
  readonly source: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly secret: string;
  readonly guests: boolean;
  /** Origins whose pages may open sockets, beside the server's own. */
  readonly origins: readonly string[];
  /** Addresses and networks of the proxies in front. */
  readonly proxies: readonly string[];
  /** How many may be here at once, as far as it is said. */
  readonly admission: Partial<Pick<AdmissionLimits, 'seats' | 'perAddress' | 'perPerson'>>;
  /** What people may bring as files, as far as it is said. */
  readonly files: Partial<Pick<FileLimits, 'maxBytes' | 'perPersonDay' | 'total' | 'guestsDay'>>;
  /** Where the keys of others' tokens are; `undefined` when only the secret counts. */
  readonly keys: KeySource | undefined;
  /** Where rights are asked for; `undefined` when tokens and the database decide. */
  readonly authorize: { readonly url: URL; readonly secret: string } | undefined;
  /** Whether there are numbers for Prometheus, and the token that gives them to others than this machine. */
  readonly metrics: { readonly token?: string } | undefined;
  readonly logLevel: LogLevel;
  /** Where spans are sent, and how many of them; `undefined` when nothing is traced. */
  readonly tracing: { readonly url: URL; readonly ratio: number } | undefined;
  /** Milliseconds that a shutdown may take. */
  readonly drainMs: number;
}

const MIB = 1024 * 1024;

/** A token of this many bytes is not guessed, though nothing slows guesses down. */
const METRICS_TOKEN_MIN_BYTES = 16;

export const HELP = `Weft: documents that converge and conversations that are ordered.

Usage: npm start

Environment
  PORT                port to listen on; 0 takes a free one      (4400)
  HOST                address to listen on                       (127.0.0.1)
  WEFT_DATA_DIR       where the database is                      (./data)
  WEFT_AUTH_SECRET    key of the tokens, at least ${SECRET_MIN_BYTES} bytes      (made in the data directory)
  WEFT_AUTH_JWKS      public keys of tokens that another service signs: https address or file
  WEFT_AUTH_ISSUER    what these tokens must have as iss         (anything)
  WEFT_AUTH_AUDIENCE  what these tokens must have in aud         (anything)
  WEFT_AUTHORIZE_URL  who may do what is asked there: https address of a webhook  (the database)
  WEFT_AUTHORIZE_SECRET  sent to it as a bearer token
  WEFT_ORIGINS        other origins whose pages may connect, with commas between; * for all
  WEFT_SEATS          people's connections at once; more wait in a line  (${DEFAULT_ADMISSION.seats})
  WEFT_SOCKETS_PER_PERSON   connections of one person            (${DEFAULT_ADMISSION.perPerson})
  WEFT_SOCKETS_PER_ADDRESS  connections from one address         (${DEFAULT_ADMISSION.perAddress})
  WEFT_FILE_MB        megabytes of one file in a message         (${DEFAULT_FILE_LIMITS.maxBytes / MIB})
  WEFT_FILE_MB_PER_DAY  megabytes of files that one person may bring in a day  (${DEFAULT_FILE_LIMITS.perPersonDay / MIB})
  WEFT_FILE_MB_TOTAL  megabytes of all files together           (${DEFAULT_FILE_LIMITS.total / MIB})
  WEFT_FILE_MB_GUESTS_PER_DAY  megabytes of files that all guests together may bring in a day  (${DEFAULT_FILE_LIMITS.guestsDay / MIB})
  WEFT_PROXIES        addresses or networks of the proxies in front, with commas between:
                      their X-Forwarded-For says where connections come from
  WEFT_GUESTS         on or off: sign-in with a name only        (on; off with WEFT_AUTH_JWKS)
  WEFT_METRICS        on or off: numbers for Prometheus at /metrics, for this machine alone  (off)
  WEFT_METRICS_TOKEN  gives them to whoever brings it as a bearer token, at least ${METRICS_TOKEN_MIN_BYTES} bytes; turns them on
  WEFT_LOG_LEVEL      how much is said on stderr: ${LOG_LEVELS.join(', ')}   (warn)
  WEFT_OTLP_URL       where spans are sent: http://localhost:4318/v1/traces  (nothing is traced)
  WEFT_OTLP_RATIO     how many of the traces that begin at the server, 0 to 1  (1)
  WEFT_DRAIN_SECONDS  how long a shutdown may take               (10)

The command "weft" backs the database up, checks and restores it: npm run weft -- --help
`;

/**
 * Reads the environment. Makes the data directory, and a secret in it when none is given.
 * @throws UsageError
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const port = readPort(env['PORT']);
  const keys = readKeySource(env);
  const authorize = readWebhook(env);
  // Whoever brings sign-ins of their own must ask for guests to have them.
  const guests = readSwitch('WEFT_GUESTS', env['WEFT_GUESTS'], keys === undefined);
  const given = env['WEFT_AUTH_SECRET'];
  if (given !== undefined && Buffer.byteLength(given) < SECRET_MIN_BYTES) {
    throw new UsageError(`WEFT_AUTH_SECRET needs at least ${SECRET_MIN_BYTES} bytes.`);
  }
  const drainMs = readDrain(env['WEFT_DRAIN_SECONDS']);
  const origins = readOrigins(env['WEFT_ORIGINS']);
  const proxies = readProxies(env['WEFT_PROXIES']);
  const admission = readAdmission(env);
  const files = readFileLimits(env);
  const metrics = readMetrics(env);
  const logLevel = readLogLevel(env['WEFT_LOG_LEVEL']);
  const tracing = readTracing(env);
  const dataDir = dataDirectory(env);
  try {
    makeDirectory(dataDir);
    const secret = given ?? keptSecret(join(dataDir, 'auth-secret'));
    return {
      port,
      host: env['HOST'] ?? '127.0.0.1',
      dataDir,
      secret,
      guests,
      origins,
      proxies,
      admission,
      files,
      keys,
      authorize,
      metrics,
      logLevel,
      tracing,
      drainMs,
    };
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

function readKeySource(env: Readonly<Record<string, string | undefined>>): KeySource | undefined {
  const [source, issuer, audience] = ['JWKS', 'ISSUER', 'AUDIENCE'].map(
    (name) => env[`WEFT_AUTH_${name}`] || undefined,
  );
  if (source !== undefined) return { source, issuer, audience };
  // It would be taken for a check that nobody makes.
  if (issuer !== undefined || audience !== undefined) {
    throw new UsageError('WEFT_AUTH_ISSUER and WEFT_AUTH_AUDIENCE need WEFT_AUTH_JWKS.');
  }
  return undefined;
}

function readWebhook(env: Readonly<Record<string, string | undefined>>): Config['authorize'] {
  const address = env['WEFT_AUTHORIZE_URL'] || undefined;
  const secret = env['WEFT_AUTHORIZE_SECRET'] || undefined;
  if (address === undefined && secret === undefined) return undefined;
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && here)) {
    throw new UsageError('WEFT_AUTHORIZE_URL must be an https address.');
  }
  if (secret === undefined) throw new UsageError('WEFT_AUTHORIZE_URL needs WEFT_AUTHORIZE_SECRET.');
  return { url, secret };
}

function readMetrics(env: Readonly<Record<string, string | undefined>>): Config['metrics'] {
  const token = env['WEFT_METRICS_TOKEN'] || undefined;
  if (token !== undefined && !/^[!-~]+$/.test(token)) {
    throw new UsageError(
      'WEFT_METRICS_TOKEN must be of printable ASCII characters, without spaces.',
    );
  }
  if (token !== undefined && token.length < METRICS_TOKEN_MIN_BYTES) {
    throw new UsageError(`WEFT_METRICS_TOKEN needs at least ${METRICS_TOKEN_MIN_BYTES} bytes.`);
  }
  const on = readSwitch('WEFT_METRICS', env['WEFT_METRICS'], token !== undefined);
  if (!on) return undefined;
  return token === undefined ? {} : { token };
}

function readLogLevel(value: string | undefined): LogLevel {
  if (value === undefined || value === '') return 'warn';
  const level = LOG_LEVELS.find((each) => each === value);
  if (level === undefined) {
    throw new UsageError(`WEFT_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${value}".`);
  }
  return level;
}

function readTracing(env: Readonly<Record<string, string | undefined>>): Config['tracing'] {
  const address = env['WEFT_OTLP_URL'] || undefined;
  const given = env['WEFT_OTLP_RATIO'] || undefined;
  const ratio = Number(given ?? 1);
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new UsageError(`WEFT_OTLP_RATIO must be a number from 0 to 1, not "${given}".`);
  }
  if (address === undefined) {
    if (given !== undefined) throw new UsageError('WEFT_OTLP_RATIO needs WEFT_OTLP_URL.');
    return undefined;
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('WEFT_OTLP_URL must be an http or https address.');
  }
  return { url, ratio };
}

function readOrigins(value: string | undefined): readonly string[] {
  const origins = (value ?? '').split(',').flatMap((each) => each.trim() || []);
  for (const origin of origins) {
    const written = URL.canParse(origin) ? new URL(origin).origin : undefined;
    if (origin !== '*' && origin !== written) {
      throw new UsageError(
        `WEFT_ORIGINS must hold origins such as https://app.example, not "${origin}".`,
      );
    }
  }
  return origins;
}

function readProxies(value: string | undefined): readonly string[] {
  const proxies = (value ?? '').split(',').flatMap((each) => each.trim() || []);
  for (const proxy of proxies) {
    if (!isProxy(proxy)) {
      throw new UsageError(
        `WEFT_PROXIES must hold addresses or networks such as 10.0.0.0/8, not "${proxy}".`,
      );
    }
  }
  return proxies;
}

const ADMISSION = [
  ['seats', 'WEFT_SEATS'],
  ['perPerson', 'WEFT_SOCKETS_PER_PERSON'],
  ['perAddress', 'WEFT_SOCKETS_PER_ADDRESS'],
] as const;

function readAdmission(env: Readonly<Record<string, string | undefined>>): Config['admission'] {
  const limits: { -readonly [Key in keyof Config['admission']]: number } = {};
  for (const [limit, name] of ADMISSION) {
    const value = env[name] || undefined;
    if (value === undefined) continue;
    if (!/^[1-9][0-9]{0,6}$/.test(value)) {
      throw new UsageError(`${name} must be a number from 1 to 9999999, not "${value}".`);
    }
    limits[limit] = Number(value);
  }
  return limits;
}

const FILE_LIMITS = [
  ['maxBytes', 'WEFT_FILE_MB'],
  ['perPersonDay', 'WEFT_FILE_MB_PER_DAY'],
  ['total', 'WEFT_FILE_MB_TOTAL'],
  ['guestsDay', 'WEFT_FILE_MB_GUESTS_PER_DAY'],
] as const;

function readFileLimits(env: Readonly<Record<string, string | undefined>>): Config['files'] {
  const limits: { -readonly [Key in keyof Config['files']]: number } = {};
  for (const [limit, name] of FILE_LIMITS) {
    const value = env[name] || undefined;
    if (value === undefined) continue;
    if (!/^[1-9][0-9]{0,6}$/.test(value)) {
      throw new UsageError(`${name} must be a number from 1 to 9999999, not "${value}".`);
    }
    limits[limit] = Number(value) * MIB;
  }
  return limits;
}

function readSwitch(name: string, value: string | undefined, otherwise: boolean): boolean {
  if (value === undefined || value === '') return otherwise;
  if (value === 'on') return true;
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
