import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FILE_HASH, TENANT_PATTERN } from '@weft/protocol';
import { type BlobStore, checkBlobName, noSuchBlob, wrongHash } from '../blobs.ts';
import { StorageError } from '../errors.ts';

/** Where files are that have not got their name yet; no tenant can be called so. */
export const DRAFTS = '.part';

/** Bytes of one read. */
const CHUNK = 64 * 1024;

/** The directory of the files that belong to a database. */
export function blobDirectory(database: string): string {
  return `${database}.files`;
}

/**
 * Files in a directory beside the database, `<tenant>/<first two digits>/<hash>`. One gets its name only once it is whole,
 * its hash is right, and the disk has it; the name is on the disk before `put` resolves. The directory is made with the
 * first file.
 * @param directory one process at a time writes to it: the database's lock keeps others off
 * @param options `tidy`: whether what an earlier process had not finished goes; default true. Not while another writes.
 */
export function openDirectoryBlobs(
  directory: string,
  { tidy = true }: { readonly tidy?: boolean } = {},
): BlobStore {
  const drafts = join(directory, DRAFTS);
  // Drafts that cannot be removed are in nobody's way: those of this process have names of their own.
  const cleared = tidy
    ? rm(drafts, { recursive: true, force: true }).catch(() => undefined)
    : Promise.resolve();
  const pathOf = (tenant: string, hash: string) => {
    checkBlobName(tenant, hash);
    return join(directory, encodeTenant(tenant), hash.slice(0, 2), hash);
  };

  const put = async (
    tenant: string,
    hash: string,
    chunks: AsyncIterable<Uint8Array>,
    at: number,
  ): Promise<number> => {
    const path = pathOf(tenant, hash);
    await cleared;
    await makeDirectory(drafts);
    const draft = join(drafts, randomUUID());
    try {
      const bytes = await write(draft, hash, chunks, at);
      await makeDirectory(dirname(path));
      await rename(draft, path);
      await syncDirectory(dirname(path));
      return bytes;
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
  };

  const find: BlobStore['find'] = async (tenant, hash) => {
    const found = await unlessMissing(stat(pathOf(tenant, hash)));
    if (found === undefined) return undefined;
    return { tenant, hash, bytes: found.size, at: Math.round(found.mtimeMs) };
  };

  return {
    put: (...file) => put(...file).catch(rethrow),
    find: (tenant, hash) => find(tenant, hash).catch(rethrow),
    read: async function* (tenant, hash, length) {
      const path = pathOf(tenant, hash);
      if (length === 0) return;
      const stream = createReadStream(path, {
        highWaterMark: CHUNK,
        ...(length === undefined ? {} : { end: length - 1 }),
      });
      try {
        for await (const chunk of stream) yield bytesOf(chunk);
      } catch (error) {
        throw isMissing(error) ? noSuchBlob(hash, error) : failed(error);
      }
    },
    list: async function* () {
      for (const folder of await entriesOf(directory)) {
        const tenant = decodeTenant(folder);
        if (tenant === undefined) continue;
        for (const prefix of await entriesOf(join(directory, folder))) {
          for (const hash of await entriesOf(join(directory, folder, prefix))) {
            const blob = FILE_HASH.test(hash) ? await find(tenant, hash) : undefined;
            if (blob !== undefined) yield blob;
          }
        }
      }
    },
    remove: async (tenant, hash) => {
      await unlessMissing(unlink(pathOf(tenant, hash))).catch(rethrow);
    },
  };
}

/** Writes a draft and waits until the disk has it. @returns its bytes */
async function write(
  draft: string,
  hash: string,
  chunks: AsyncIterable<Uint8Array>,
  at: number,
): Promise<number> {
  const digest = createHash('sha256');
  let bytes = 0;
  const file = await open(draft, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      digest.update(chunk);
      await file.writeFile(chunk);
      bytes += chunk.length;
    }
    if (digest.digest('hex') !== hash) throw wrongHash(hash);
    await file.utimes(at / 1000, at / 1000);
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

/** Makes a directory, level by level, so that each one's name is on the disk before something in it is promised. */
async function makeDirectory(path: string): Promise<void> {
  if ((await unlessMissing(stat(path)))?.isDirectory() === true) return;
  await makeDirectory(dirname(path));
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    // Another file of the same folder was quicker.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function entriesOf(path: string): Promise<readonly string[]> {
  return (await unlessMissing(readdir(path)).catch(rethrow)) ?? [];
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}

/** Errors of the medium are the port's; those of whoever gives the bytes stay what they are. */
function rethrow(error: unknown): never {
  throw error instanceof Error && 'syscall' in error ? failed(error) : error;
}

function failed(error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('failed', `A file could not be kept or read: ${reason}.`, {
    cause: error,
  });
}

/** Some file systems take `a` and `A` for one name, and two tenants must not share a folder. */
function encodeTenant(tenant: string): string {
  return tenant.replaceAll(/[A-Z]/g, (letter) => `~${letter.toLowerCase()}`);
}

function decodeTenant(folder: string): string | undefined {
  const tenant = folder.replaceAll(/~([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return TENANT_PATTERN.test(tenant) ? tenant : undefined;
}

function bytesOf(chunk: unknown): Uint8Array {
  if (!(chunk instanceof Uint8Array)) throw new TypeError('A file is read as bytes.');
  return chunk;
}
