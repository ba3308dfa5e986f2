/**
 * Loaded before a server (`node --import`), in its threads too: makes its disk fail as the file named by
 * WEFT_TEST_FAULT says, for as long as that file is there. `commit`: COMMIT fails with an I/O error before it does
 * anything. `after-commit`: COMMIT is done, and fails then. `slow`: COMMIT takes 10 ms. `hang`: it does not return.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const file = process.env.WEFT_TEST_FAULT;
const exec = DatabaseSync.prototype.exec;

function fault() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

DatabaseSync.prototype.exec = function exec_(sql) {
  const present = file !== undefined && sql === 'COMMIT' ? fault() : '';
  if (present === 'slow') block(10);
  if (present === 'hang') block(600_000);
  if (present === 'commit') throw ioError();
  exec.call(this, sql);
  if (present === 'after-commit') throw ioError();
};

function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** As `node:sqlite` throws it: SQLITE_IOERR_FSYNC. */
function ioError() {
  return Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 1034 });
}
