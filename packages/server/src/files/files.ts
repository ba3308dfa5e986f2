import {
  type Command,
  type ErrorCode,
  type MessageFile,
  SAFE_IMAGES,
  TYPE_HEAD_BYTES,
  UNKNOWN_TYPE,
  WeftError,
  fitsType,
  mayTalk,
  typeOf,
} from '@weft/protocol';
import { type BlobStore, StorageError, type Store } from '@weft/storage';
import { isGuest } from '../auth/guests.ts';
import type { Principal } from '../auth/principal.ts';
import type { Rights } from '../auth/rights.ts';
import { type Logger, reasonOf } from '../logger.ts';
import { Allowances } from './allowances.ts';
import { Holds } from './holds.ts';
import { type FileLimits, type Patience, UNNAMED_KEPT_MS } from './limits.ts';
import { Room } from './room.ts';
import { FileReader, type FileState, broughtEntry } from './records.ts';

/** A file on its way out. */
export interface FoundFile {
  readonly bytes: number;
  /** What its bytes say: one of `SAFE_IMAGES`, or bytes of no kind. */
  readonly type: string;
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** Files of messages: brought, named and read by those who may (laws B1, B2), and removed when nobody names them (B4). */
export class Files {
  readonly #blobs: BlobStore | undefined;
  readonly #log: Store['log'];
  readonly #rights: Rights;
  readonly #limits: FileLimits;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #reader: FileReader;
  readonly #holds = new Holds();
  readonly #allowances: Allowances;
  readonly #room: Room;

  /** @param options `now`: UTC milliseconds */
  constructor(options: {
    readonly store: Store;
    readonly rights: Rights;
    readonly limits: FileLimits;
    readonly now: () => number;
    readonly logger: Logger;
  }) {
    this.#blobs = options.store.blobs;
    this.#log = options.store.log;
    this.#rights = options.rights;
    this.#limits = options.limits;
    this.#now = options.now;
    this.#logger = options.logger;
    this.#reader = new FileReader(options.store.log);
    this.#allowances = new Allowances(options.limits, options.now);
    this.#room = new Room(options.limits.total);
  }

  /** How long a file may take on its way. */
  get patience(): Patience {
    return this.#limits.patience;
  }

  /**
   * Takes in the bytes of a file, for a message in a conversation. Resolves with their number once they are durable.
   * @param file `type`: what its bringer calls it
   * @throws WeftError `forbidden`, `read-only`, `files-off`, `file-too-large`, `file-mismatch`, `file-quota`, `files-full`,
   *   `too-fast`;
   *   whatever `chunks` or the store throws
   */
  async bring(
    principal: Principal,
    file: { readonly hash: string; readonly type: string; readonly conversation: string },
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const { hash, type, conversation } = file;
    const { tenant, sub } = principal;
    const role = await this.#rights.roleOf(principal, { kind: 'conversation', id: conversation });
    if (role === undefined) throw new WeftError('forbidden');
    if (!mayTalk(role)) throw new WeftError('read-only');
    const blobs = this.#blobs;
    if (blobs === undefined) throw new WeftError('files-off');
    const ended = this.#allowances.begin(personOf(principal));
    try {
      return await this.#holds.during([nameOf(tenant, hash)], async () => {
        await this.#room.ready(blobs);
        const there = await blobs.find(tenant, hash);
        const checked = this.#checked(principal, type, chunks);
        const bytes = await blobs.put(tenant, hash, checked, this.#now()).catch(mismatch);
        if (there === undefined) this.#room.changed(bytes);
        await this.#log.append([broughtEntry(tenant, hash, sub, this.#now())]);
        return bytes;
      });
    } finally {
      ended();
    }
  }

  /**
   * A file for somebody who may read a message that names it.
   * @throws WeftError `not-found` also where there is one that they may not have: that it is there is nobody else's business
   */
  async find(principal: Principal, hash: string): Promise<FoundFile> {
    const { tenant } = principal;
    const blob = await this.#blobs?.find(tenant, hash);
    if (blob === undefined || this.#blobs === undefined) throw new WeftError('not-found');
    if (!(await this.#mayRead(principal, await this.#reader.of(tenant, hash)))) {
      throw new WeftError('not-found');
    }
    const blobs = this.#blobs;
    const type = typeOf(await headOf(blobs, tenant, hash)) ?? UNKNOWN_TYPE;
    return {
      bytes: blob.bytes,
      type: SAFE_IMAGES.has(type) ? type : UNKNOWN_TYPE,
      content: () => blobs.read(tenant, hash),
    };
  }

  /**
   * Runs a command whose message names files, once they are there and what it says; none of them goes meanwhile.
   * @param refuse what becomes of it otherwise
   */
  async whileNamed<T>(
    principal: Principal,
    files: readonly MessageFile[],
    run: () => Promise<T>,
    refuse: (code: ErrorCode) => T,
  ): Promise<T> {
    const names = files.map(({ hash }) => nameOf(principal.tenant, hash));
    return this.#holds.during(names, async () => {
      for (const file of files) {
        const refusal = await this.#looked(principal, file);
        if (refusal !== undefined) return refuse(refusal);
      }
      return run();
    });
  }

  /** As `#judge`, where the medium fails too: its author is told to come again, and keeps their socket. */
  async #looked(principal: Principal, file: MessageFile): Promise<ErrorCode | undefined> {
    try {
      return await this.#judge(principal, file);
    } catch (error) {
      if (error instanceof WeftError) return error.code;
      this.#logger.error('A file could not be looked at.', { reason: reasonOf(error) });
      return 'storage-failed';
    }
  }

  /** Removes what no message has named and nobody has brought for a day (law B4). Resolves with how many files went. */
  async sweep(): Promise<number> {
    const blobs = this.#blobs;
    if (blobs === undefined) return 0;
    // One of its own: whoever reads files would find theirs pushed out by all that are looked through.
    const reader = new FileReader(this.#log, 1);
    let [removed, kept] = [0, 0];
    for await (const { tenant, hash, at, bytes } of blobs.list()) {
      kept += bytes;
      if (!this.#isOld(at) || !this.#mayGo(await reader.of(tenant, hash))) continue;
      await this.#holds.remove(nameOf(tenant, hash), async () => {
        // Looked at again, now that nobody can bring or name it; only what came since is read.
        const state = await reader.of(tenant, hash);
        const blob = await blobs.find(tenant, hash);
        if (!this.#mayGo(state) || blob === undefined || !this.#isOld(blob.at)) return;
        await blobs.remove(tenant, hash);
        removed += 1;
        kept -= bytes;
      });
    }
    this.#room.counted(kept);
    if (removed > 0) this.#logger.info('Files that nobody names were removed.', { removed });
    return removed;
  }

  #mayGo({ named, droppedAt }: FileState): boolean {
    return named.size === 0 && this.#isOld(droppedAt);
  }

  #isOld(at: number): boolean {
    return at <= this.#now() - UNNAMED_KEPT_MS;
  }

  /** The rule that naming a file breaks, if any. */
  async #judge(principal: Principal, file: MessageFile): Promise<ErrorCode | undefined> {
    const { tenant, sub } = principal;
    const { hash, bytes, type } = file;
    const blobs = this.#blobs;
    if (blobs === undefined) return 'files-off';
    const blob = await blobs.find(tenant, hash);
    const state = await this.#reader.of(tenant, hash);
    // Who knows a hash alone is told what one who made it up is told.
    const may = state.broughtBy.has(sub) || (await this.#mayRead(principal, state));
    if (blob === undefined || !may) return 'file-missing';
    if (blob.bytes !== bytes) return 'file-mismatch';
    return fitsType(type, await headOf(blobs, tenant, hash)) ? undefined : 'file-mismatch';
  }

  async #mayRead(principal: Principal, { named }: FileState): Promise<boolean> {
    for (const id of named.keys()) {
      const role = await this.#rights.roleOf(principal, { kind: 'conversation', id });
      if (role !== undefined) return true;
    }
    return false;
  }

  /** The bytes as they come, as long as they may. */
  async *#checked(
    principal: Principal,
    type: string,
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const head: number[] = [];
    let judged = false;
    let bytes = 0;
    let taken = 0;
    const judge = () => {
      judged = true;
      if (!fitsType(type, Uint8Array.from(head))) throw new WeftError('file-mismatch');
    };
    try {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > this.#limits.maxBytes) throw new WeftError('file-too-large');
        this.#allowances.take(personOf(principal), chunk.length, isGuest(principal.sub));
        this.#room.take(chunk.length);
        taken += chunk.length;
        if (!judged) {
          head.push(...chunk.subarray(0, TYPE_HEAD_BYTES - head.length));
          if (head.length >= TYPE_HEAD_BYTES) judge();
        }
        yield chunk;
      }
      if (!judged) judge();
    } finally {
      this.#room.give(taken);
    }
  }

  /** Looks for what may go from time to time, until it is told to stop. */
  sweepRegularly(ms: number): () => void {
    if (this.#blobs === undefined) return () => undefined;
    const timer = setInterval(() => {
      this.sweep().catch((error: unknown) => {
        this.#logger.error('Files could not be looked through.', { reason: reasonOf(error) });
      });
    }, ms);
    timer.unref();
    return () => clearInterval(timer);
  }
}

/** The files that a command's message names. */
export function filesOf({ action }: Command): readonly MessageFile[] {
  return action.type === 'send' || action.type === 'edit' ? (action.body.files ?? []) : [];
}

async function headOf(blobs: BlobStore, tenant: string, hash: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of blobs.read(tenant, hash, TYPE_HEAD_BYTES)) parts.push(chunk);
  return Buffer.concat(parts);
}

function mismatch(error: unknown): never {
  const isOther = error instanceof StorageError && error.code === 'invalid-entry';
  throw isOther ? new WeftError('file-mismatch', undefined, { cause: error }) : error;
}

function personOf({ tenant, sub }: Principal): string {
  return `${tenant}/${sub}`;
}

function nameOf(tenant: string, hash: string): string {
  return `${tenant}/${hash}`;
}
