import { StorageError } from '../errors.ts';
import type { Store } from '../store.ts';
import { openDatabase } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import type { Answer, Answers, Operation } from './operations.ts';
import { createSqliteLog } from './sqlite-log.ts';
import { createSqliteRegistry } from './sqlite-registry.ts';

/** Has an operation committed, and gives its answer. */
export type Submit = <Type extends keyof Answers>(
  type: Type,
  operation: Operation & { readonly type: Type },
) => Promise<Answers[Type]>;

/**
 * Opens the embedded store: one SQLite file (WAL, `synchronous=FULL`) and, beside it, its lock.
 * @throws StorageError when the file is in use, foreign, newer, damaged or cannot be written
 */
export async function openSqliteStore(options: { readonly file: string }): Promise<Store> {
  const { file } = options;
  const { db, identity, close } = openDatabase(file);
  const commits = new GroupCommit(file);
  const submit: Submit = async (type, operation) => {
    const answer = await commits.submit(operation);
    if (!isAnswer(answer, type)) {
      throw new StorageError('failed', `${file}: an operation got another's answer.`);
    }
    return answer.value;
  };
  let closing: Promise<void> | undefined;
  return {
    log: createSqliteLog(db, file, submit),
    registry: createSqliteRegistry(db, file, submit),
    identity,
    health: () => commits.health(),
    close: () => (closing ??= commits.close().then(close)),
  };
}

function isAnswer<Type extends keyof Answers>(
  answer: Answer,
  type: Type,
): answer is Answer & { readonly type: Type; readonly value: Answers[Type] } {
  return answer.type === type;
}
