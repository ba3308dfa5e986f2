import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { naturalSchema, positiveSchema } from '@weft/protocol';
import * as v from 'valibot';

/**
 * Recorded editing sessions (github.com/josephg/editing-traces): one author after another, or several at once.
 * Both kinds are read into one shape.
 */
export interface Trace {
  /** How many people wrote; they are 0, 1, 2, … */
  readonly authors: number;
  /** Each after its parents. */
  readonly transactions: readonly Transaction[];
  /** The text that every replica must end with. */
  readonly endContent: string;
}

export interface Transaction {
  readonly author: number;
  /** Indexes of the transactions whose merged text this one changes; none means the empty text. */
  readonly parents: readonly number[];
  /** Applied in order. */
  readonly patches: readonly Patch[];
}

/** Position and number deleted, in Unicode code points, and what is inserted. */
export type Patch = readonly [position: number, deleted: number, inserted: string];

/** Why a file cannot be played, in one line for the person who named it. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

const count = naturalSchema;
const patch = v.strictTuple([count, count, v.string()]);
const list = v.array(v.unknown());
const headSchema = v.object({ kind: v.optional(v.picklist(['sequential', 'concurrent'])) });
const sequentialSchema = v.object({ startContent: v.string(), endContent: v.string(), txns: list });
const concurrentSchema = v.object({
  endContent: v.string(),
  numAgents: v.pipe(positiveSchema, v.maxValue(1000)),
  txns: list,
});
const sequentialTransaction = v.object({ patches: list });
const concurrentTransaction = v.object({ agent: count, parents: list, patches: list });

/** No session that a person typed comes near this; a small file that unpacks to more is not one. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Reads and checks a trace. @throws TraceError in one line, whatever is wrong with the file */
export async function readTrace(file: string): Promise<Trace> {
  let packed: Buffer;
  try {
    packed = await readFile(file);
  } catch (cause) {
    throw new TraceError(`${file} cannot be read (${errorCode(cause)})`, { cause });
  }
  let json: Buffer;
  try {
    json = await promisify(gunzip)(packed, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw new TraceError(`${file} is not a gzip file, or is damaged`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new TraceError(`${file} does not hold JSON`, { cause });
  }
  try {
    return parseTrace(value);
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    throw new TraceError(`${file} is not an editing trace: ${cause.message}`, { cause });
  }
}

/** Checks decoded JSON. @throws TraceError that says what is wrong and where */
export function parseTrace(value: unknown): Trace {
  const { kind } = check(headSchema, value, '');
  return kind === 'concurrent' ? parseConcurrent(value) : parseSequential(value);
}

function parseConcurrent(value: unknown): Trace {
  const { numAgents: authors, endContent, txns } = check(concurrentSchema, value, '');
  const transactions = txns.map((txn, index) => {
    const at = `txns.${index}.`;
    const { agent, parents, patches } = check(concurrentTransaction, txn, at);
    if (agent >= authors) throw new TraceError(`${at}agent: there are ${authors} authors`);
    const earlier = parents.map((parent, n) => check(count, parent, `${at}parents.${n}.`));
    if (earlier.some((parent) => parent >= index)) {
      throw new TraceError(`${at}parents: a parent must come earlier`);
    }
    return { author: agent, parents: earlier, patches: parsePatches(patches, at) };
  });
  return { authors, transactions, endContent };
}

function parseSequential(value: unknown): Trace {
  const { startContent, endContent, txns } = check(sequentialSchema, value, '');
  const start: Patch[][] = startContent === '' ? [] : [[[0, 0, startContent]]];
  const rest = txns.map((txn, index) => {
    const at = `txns.${index}.`;
    return parsePatches(check(sequentialTransaction, txn, at).patches, at);
  });
  const transactions = [...start, ...rest].map((patches, index) => ({
    author: 0,
    parents: index === 0 ? [] : [index - 1],
    patches,
  }));
  return { authors: 1, transactions, endContent };
}

function parsePatches(values: readonly unknown[], at: string): readonly Patch[] {
  return values.map((value, index) => check(patch, value, `${at}patches.${index}.`));
}

const TYPES: ReadonlySet<string> = new Set(['object', 'array', 'string', 'number']);

/**
 * Lists are checked one element after the other: a schema of the whole would gather a complaint for each of a
 * million elements before it gives up.
 */
function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, at: string): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = `${at}${v.getDotPath(issue) ?? ''}`.replace(/\.$/, '');
  const problem = problemOf(issue);
  throw new TraceError(`${path === '' ? '' : `${path}: `}${problem}`);
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  // A field that is missing is a complaint of the object's.
  if (issue.type === 'object' && issue.received === 'undefined') return 'missing';
  return TYPES.has(issue.type) ? `expected ${issue.type}` : 'invalid';
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
