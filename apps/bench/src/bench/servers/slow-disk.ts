import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * Loaded into a server before anything else (`--import slow-disk.ts?ms=10`), and by Node into each of its threads: every
 * commit then takes so many milliseconds longer and blocks the thread that commits, as an fsync on a slow disk does.
 * That is `COMMIT`, and each writing statement outside a transaction.
 */
const ms = Number(new URL(import.meta.url).searchParams.get('ms'));
if (!(ms > 0)) throw new Error('slow-disk needs ?ms=<milliseconds>');

const cell = new Int32Array(new SharedArrayBuffer(4));
function block(): void {
  Atomics.wait(cell, 0, 0, ms);
}

// oxlint-disable-next-line typescript/unbound-method -- called with the database they are called on
const { exec, prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  exec.call(this, sql);
  if (/^\s*COMMIT/i.test(sql)) block();
};

DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...args): StatementSync {
  const statement = prepare.apply(this, args);
  if (!/^\s*(INSERT|UPDATE|DELETE|REPLACE)/i.test(args[0])) return statement;
  const run = statement.run.bind(statement);
  statement.run = (...values: never[]) => {
    const changes = run(...values);
    if (!this.isTransaction) block();
    return changes;
  };
  return statement;
};
