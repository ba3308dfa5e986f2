import { FILE_HASH, TENANT_PATTERN } from '@weft/protocol';
import { StorageError } from './errors.ts';

/** One file's bytes as they are kept. */
export interface StoredBlob {
  readonly tenant: string;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly hash: string;
  readonly bytes: number;
  /** When they were brought last, UTC milliseconds of the server. */
  readonly at: number;
}

/**
 * Files by the hash of their content, apart for each tenant. The same bytes are kept once. Nobody changes what is there:
 * who brings a file again puts equal bytes in its place, so that one that the medium damaged is mended by it.
 * Every method rejects with a StorageError when the medium fails.
 */
export interface BlobStore {
  /**
   * Takes bytes in as they come, in bounded memory. Resolves with their number once they are durable under their hash;
   * rejects with `invalid-entry` when their hash is another, and with whatever `chunks` throws: then nothing was kept.
   * @param at UTC milliseconds of the server
   */
  put(tenant: string, hash: string, chunks: AsyncIterable<Uint8Array>, at: number): Promise<number>;
  find(tenant: string, hash: string): Promise<StoredBlob | undefined>;
  /** The bytes, in chunks; the first `length` of them alone where that is said. Throws `failed` when they are not there. */
  read(tenant: string, hash: string, length?: number): AsyncIterable<Uint8Array>;
  /** All of them, in no order; what comes or goes meanwhile may be missing. */
  list(): AsyncIterable<StoredBlob>;
  /** Removes what is there under a hash, if anything is. */
  remove(tenant: string, hash: string): Promise<void>;
}

/** Both are parts of paths. @throws StorageError `invalid-entry` */
export function checkBlobName(tenant: string, hash: string): void {
  if (!TENANT_PATTERN.test(tenant) || !FILE_HASH.test(hash)) {
    throw new StorageError('invalid-entry', 'A file is named by a tenant and a hash.');
  }
}

/** The refusal of bytes whose hash is not the one that was said. */
export function wrongHash(hash: string): StorageError {
  return new StorageError('invalid-entry', `These bytes are not those of ${hash}.`);
}

/** The error for bytes that nobody keeps. */
export function noSuchBlob(hash: string, cause?: unknown): StorageError {
  return new StorageError('failed', `There is no file ${hash}.`, { cause });
}
