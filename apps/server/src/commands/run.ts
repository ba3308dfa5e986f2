import { resolve } from 'node:path';
import { StorageError } from '@weft/storage';
import { backupDatabase, restoreDatabase } from '@weft/storage/sqlite';
import { describeHistory } from '@weft/testkit/history';
import { UsageError, databaseFile } from '../config.ts';
import { type Arguments, readArguments, readSpan } from './arguments.ts';
import { checkDatabase, describeReport } from './check.ts';
import { checkHistory } from './check-history.ts';

export const COMMAND_HELP = `weft: looks after the database of a Weft server.

Usage: npm run weft -- <command>

Commands
  backup <file>      copies the database, also while the server runs; refuses to overwrite.
                     Files of messages are copied to <file>.files: keep both together
  check [file]       looks for what is wrong with the database, or with a back-up; ends with 1 when something is
    --json             the report as JSON
  check-history <file.jsonl>
                     holds a recorded history (@weft/testkit/history) to the laws; ends with 1 when one is broken
  restore <backup>   puts a back-up in place of the database, which is set aside; the server must not run
    --recovery-window 30m
                       for so long clients may bring back what the back-up lacks, also what others wrote
    --without-files    also where files of messages are missing: those cannot be opened then

Environment
  WEFT_DATA_DIR      where the database is      (./data)

A back-up holds the database and the files of messages alone: keep WEFT_AUTH_SECRET, or auth-secret of the data directory, beside it.
`;

/** What a command needs of the world. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** Writes a line for the person. */
  readonly say: (text: string) => void;
}

/**
 * Runs a command line of `weft`.
 * @returns the exit code
 * @throws UsageError for what it does not understand, StorageError for what cannot be done
 */
export async function runCommand(
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case undefined:
    case '--help':
    case '-h':
    case 'help':
      context.say(COMMAND_HELP.trimEnd());
      return command === undefined ? 2 : 0;
    case 'backup':
      return runBackup(readArguments(rest, {}), context);
    case 'check':
      return runCheck(readArguments(rest, { flags: ['--json'] }), context);
    case 'check-history':
      return runCheckHistory(readArguments(rest, {}), context);
    case 'restore':
      return runRestore(
        readArguments(rest, { flags: ['--without-files'], values: ['--recovery-window'] }),
        context,
      );
    default:
      throw new UsageError(`Unknown command "${command}". --help says what there is.`);
  }
}

async function runBackup({ plain }: Arguments, { env, say }: CommandContext): Promise<number> {
  const to = resolve(one(plain, 'backup needs the name of the file to make.'));
  const bytes = await backupDatabase({ file: databaseFile(env), to });
  say(`Backed up to ${to}: ${bytes.toLocaleString('en-US')} bytes, checked.`);
  return 0;
}

async function runCheck(
  { plain, flags }: Arguments,
  { env, now, say }: CommandContext,
): Promise<number> {
  if (plain.length > 1) throw new UsageError('check takes one file.');
  const [file] = plain;
  const report = await checkDatabase(file === undefined ? databaseFile(env) : resolve(file));
  say(flags.has('--json') ? JSON.stringify(report, undefined, 2) : describeReport(report, now()));
  return report.problems.length + report.contents.files.problems.length === 0 ? 0 : 1;
}

async function runCheckHistory({ plain }: Arguments, { say }: CommandContext): Promise<number> {
  const file = resolve(one(plain, 'check-history needs the name of a history.'));
  const report = await checkHistory(file);
  say(describeHistory(report));
  return report.violations.length === 0 ? 0 : 1;
}

async function runRestore(
  { plain, flags, values }: Arguments,
  { env, now, say }: CommandContext,
): Promise<number> {
  const backup = resolve(one(plain, 'restore needs the name of a back-up.'));
  const window = values.get('--recovery-window');
  const until = window === undefined ? undefined : now() + readSpan('--recovery-window', window);
  const { identity, aside } = await restoreDatabase({
    file: databaseFile(env),
    backup,
    now: now(),
    ...(until === undefined ? {} : { recoveryUntil: until }),
    check: async (file, files) => {
      const report = await checkDatabase(file, files);
      const lost = report.contents.files.problems;
      if (lost.length > 0 && !flags.has('--without-files')) {
        throw new StorageError(
          'damaged',
          `${backup} lacks ${lost.length} of the files that its messages name (${lost[0]}). With --without-files it is restored all the same. Nothing was changed.`,
        );
      }
      const { problems } = report;
      const [first] = problems;
      if (first === undefined) return;
      const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
      throw new StorageError(
        'damaged',
        `${backup} is not sound: ${first}${more}. "weft check ${backup}" lists all of it. Nothing was changed.`,
      );
    },
  });
  say(`Restored ${backup}. The epoch is ${identity.epoch} now: clients compare all they have.`);
  if (aside !== undefined) say(`The database that was there is kept as ${aside}.`);
  say(
    until === undefined
      ? 'No recovery window: each client can bring back only what it wrote itself.'
      : `Until ${new Date(until).toISOString()} clients may bring back what the back-up lacks.`,
  );
  return 0;
}

function one(plain: readonly string[], otherwise: string): string {
  const [value] = plain;
  if (value === undefined || plain.length > 1) throw new UsageError(otherwise);
  return value;
}
