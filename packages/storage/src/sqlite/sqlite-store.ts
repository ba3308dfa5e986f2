import { stat } from 'node:fs/promises';
import { StorageError } from '../errors.ts';
import type { Store, StoreFile } from '../store.ts';
import { openDatabase } from './database.ts';
import { blobDirectory, openDirectoryBlobs } from './directory-blobs.ts';
import { GroupCommit } from './group-commit.ts';
import type { Answer, Answers, Operation } from './operations.ts';
import { createSqliteLog } from './sqlite-log.ts';
import { createSqliteRegistry } from './sqlite-registry.ts';
import { TextSearcher } from './text-searcher.ts';

/** Has an operation committed, and gives its answer. */
export type Submit = <Type extends keyof Answers>(
  type: Type,
  operation: Operation & { readonly type: Type },
) => Promise<Answers[Type]>;

/**
 * Opens the embedded store: one SQLite file (WAL, `synchronous=FULL`) and, beside it, its lock and the files of messages.
 * @throws StorageError when the file is in use, foreign, newer, damaged or cannot be written
 */
export async function openSqliteStore(options: { readonly file: string }): Promise<Store> {
  const { file } = options;
  const { db, identity, close } = openDatabase(file);
  const commits = new GroupCommit(file);
  const texts = new TextSearcher(file);
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
    texts,
    identity,
    blobs: openDirectoryBlobs(blobDirectory(file)),
    health: () => commits.health(),
    watch: (watcher) => commits.watch(watcher),
    files: () => filesOf(file),
    close: () => (closing ??= Promise.all([commits.close(), texts.close()]).then(close)),
  };
}

/** The log of what is not in the database file yet comes and goes. */
async function filesOf(file: string): Promise<readonly StoreFile[]> {
  const database = await stat(file);
  const wal = await stat(`${file}-wal`).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { size: 0 };
    throw error;
  });
  return [
    { file: 'database', bytes: database.size },
    { file: 'wal', bytes: wal.size },
  ];
}

function isAnswer<Type extends keyof Answers>(
  answer: Answer,
  type: Type,
): answer is Answer & { readonly type: Type; readonly value: Answers[Type] } {
  return answer.type === type;
}
