import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StorageError } from '../errors.ts';
import { DRAFTS, openDirectoryBlobs } from './directory-blobs.ts';
import { fsyncPath } from './files.ts';

/**
 * Copies the files of one directory into another, each read whole and compared with its hash.
 * @param purpose `backup`: what is there already is left as it is, and a file whose bytes have changed ends it, since a
 *   back-up holds nothing that is wrong. `restore`: every file is put in place anew, and one that has changed is left out:
 *   whoever checks the database misses it.
 * @returns how many bytes were copied
 * @throws StorageError `damaged`, or `failed` when the medium fails
 */
export async function copyBlobs(
  from: string,
  to: string,
  purpose: 'backup' | 'restore',
): Promise<number> {
  if (!existsSync(from)) return 0;
  const [source, target] = [openDirectoryBlobs(from, { tidy: false }), openDirectoryBlobs(to)];
  let copied = 0;
  for await (const { tenant, hash, bytes, at } of source.list()) {
    if (purpose === 'backup' && (await target.find(tenant, hash))?.bytes === bytes) continue;
    try {
      copied += await target.put(tenant, hash, source.read(tenant, hash), at);
    } catch (error) {
      const changed = error instanceof StorageError && error.code === 'invalid-entry';
      // A server that is running removes what nobody names any more.
      const gone = !changed && (await source.find(tenant, hash)) === undefined;
      if (gone || (changed && purpose === 'restore')) continue;
      throw changed
        ? new StorageError('damaged', `The file ${hash} of ${from} is damaged.`, { cause: error })
        : error;
    }
  }
  return copied;
}

/**
 * Gives every file of a directory a second name in another one: nobody writes to them, and either may go alone. What has
 * one there already keeps it, so that an attempt that ended halfway is gone on with. All names are on the disk at the end.
 */
export async function linkBlobs(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // What never got its name belongs to no message.
    if (entry.name === DRAFTS) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkBlobs(source, target);
    else await linkOrCopy(source, target);
  }
  fsyncPath(to);
  fsyncPath(dirname(to));
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (existsSync(target)) return;
    if (!hasNoLinks(error)) throw error;
    const draft = `${target}${DRAFTS}`;
    await copyFile(source, draft);
    fsyncPath(draft);
    await rename(draft, target);
  }
}

/** Whether a file system has no links (a stick, some network shares), or no more of them for one file. */
function hasNoLinks(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].some(
    (each) => each === code,
  );
}
