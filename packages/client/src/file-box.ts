import {
  type ErrorCode,
  FILE_MAX_BYTES,
  type MessageFile,
  SAFE_IMAGES,
  TYPE_HEAD_BYTES,
  UNKNOWN_TYPE,
  WeftError,
  errorDefinition,
  fitsType,
  isErrorCode,
  toFileName,
  typeOf,
} from '@weft/protocol';
import type { DeviceFiles } from '@weft/storage';
import { openMemoryFiles } from '@weft/storage/device-files-memory';
import { openIndexedDbFiles } from '@weft/storage/indexeddb-files';
import * as v from 'valibot';
import type { FileAnswer, FileProgress, FileRequest, NewFile } from './api.ts';
import { transferFile } from './file-transfer.ts';
import type { Signal } from './observable.ts';
import { isOfToken } from './token-codes.ts';

export interface FileBoxOptions {
  /** Where the device keeps them; default: IndexedDB under `name`, memory where there is none. */
  readonly store: DeviceFiles | undefined;
  readonly name: string | undefined;
  /** `http(s)://host/`. */
  readonly base: string;
  /** A token that should be good still. @param anew the one that was given before is not good any more */
  readonly token: (anew: boolean) => Promise<string>;
  /** UTC milliseconds. */
  readonly now: () => number;
  /** How files go over the network; default: the platform's. */
  readonly transfer: ((request: FileRequest) => Promise<FileAnswer>) | undefined;
  /** Bytes of one file. */
  readonly maxBytes: number | undefined;
  readonly progress: Signal<ReadonlyMap<string, FileProgress>>;
}

/** Milliseconds after which a file that no message of this device names is forgotten: its tab was closed in between. */
const FORGOTTEN_MS = 86_400_000;

/** What became of a file on its way: it is there, it is tried again, or why it never will be. */
type Outcome = 'brought' | 'later' | ErrorCode;

const errorSchema = v.object({ code: v.string() });

/** Files of messages that wait on this device, on their way to the server and from it. */
export class FileBox {
  readonly #options: FileBoxOptions;
  readonly #store: DeviceFiles;
  /** Hashes that the server took from here, since this page was loaded. */
  readonly #brought = new Set<string>();
  /**
   * Address → a file on its way there. After a lost connection its message is tried again while the bytes of the first
   * try may still be on their way, by a request that nobody has told: they are not sent twice.
   */
  readonly #underway = new Map<string, Promise<Outcome>>();
  /** Hash → why the server will never get it from here. */
  readonly #lacking = new Map<string, ErrorCode>();

  constructor(options: FileBoxOptions) {
    this.#options = options;
    this.#store = options.store ?? openStore(options.name);
  }

  /**
   * Keeps files on the device, for a message that names them. Resolves when they survive a killed tab.
   * @returns what the message says of each, and what makes sure that they are still there once it is kept too
   * @throws WeftError `file-too-large`, `device-failed`
   */
  async keep(
    files: readonly NewFile[],
  ): Promise<{ readonly files: readonly MessageFile[]; readonly secure: () => Promise<void> }> {
    const { now, maxBytes = FILE_MAX_BYTES } = this.#options;
    if (files.some(({ content }) => content.size > maxBytes)) throw new WeftError('file-too-large');
    const described = await Promise.all(files.map((file) => describe(file)));
    const put = (file: MessageFile, index: number): Promise<void> =>
      this.#store.put(file.hash, files[index]?.content ?? new Blob(), now());
    await Promise.all(described.map(put));
    const secure = async (): Promise<void> => {
      // Another tab may have been through with the same file just then, and removed it.
      const here = await Promise.all(described.map(({ hash }) => this.#store.get(hash)));
      await Promise.all(
        described.map(async (file, index) => {
          if (here[index] === undefined) await put(file, index);
        }),
      );
    };
    return { files: described, secure };
  }

  /**
   * Brings the files of a message to the server. What cannot be brought is left out, and the server asked all the same:
   * it may have the message already, and it alone says what becomes of it.
   * @returns whether the message may be sent now; else it is tried again
   */
  async bring(files: readonly MessageFile[], conversation: string): Promise<boolean> {
    for (const file of files) {
      if (this.#brought.has(file.hash)) continue;
      this.#lacking.delete(file.hash);
      const outcome = await this.#bring(file, conversation);
      if (outcome === 'later') return false;
      if (outcome === 'brought') this.#brought.add(file.hash);
      else this.#lacking.set(file.hash, outcome);
    }
    return true;
  }

  /** The server has not got these: why it never will, or nothing when they are brought again. */
  whyMissing(files: readonly MessageFile[]): ErrorCode | undefined {
    for (const { hash } of files) this.#brought.delete(hash);
    return files.map(({ hash }) => this.#lacking.get(hash)).find((code) => code !== undefined);
  }

  /** A message is stored or gone: what no other one waits with need not be kept. Failures cost room, and are swept later. */
  async release(hashes: readonly string[], named: ReadonlySet<string>): Promise<void> {
    const free = hashes.filter((hash) => !named.has(hash));
    for (const hash of free) this.#lacking.delete(hash);
    await Promise.allSettled(free.map((hash) => this.#store.remove(hash)));
  }

  /** Removes what tabs that are gone had kept for messages that never came to be. */
  async sweep(named: ReadonlySet<string>): Promise<void> {
    const before = this.#options.now() - FORGOTTEN_MS;
    const kept = await this.#store.list();
    const forgotten = kept.filter(({ hash, at }) => !named.has(hash) && at < before);
    await Promise.allSettled(forgotten.map(({ hash }) => this.#store.remove(hash)));
  }

  /**
   * The bytes of a file, from this device where it waits here, else from the server.
   * @throws WeftError `not-found`; `device-failed` where the server cannot be reached; what the server answers
   */
  async open(hash: string): Promise<Blob> {
    const kept = await this.#store.get(hash).catch(() => undefined);
    if (kept !== undefined) return kept;
    const answer = await this.#ask({ method: 'GET', url: this.#url(hash) });
    if (answer.status === 200) return answer.body;
    throw new WeftError((await codeOf(answer)) ?? 'internal');
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #bring(file: MessageFile, conversation: string): Promise<Outcome> {
    const url = `${this.#url(file.hash)}?conversation=${encodeURIComponent(conversation)}`;
    const underway = this.#underway.get(url);
    if (underway !== undefined) return underway;
    const bringing = this.#store
      .get(file.hash)
      .catch(() => undefined)
      .then((content) => (content === undefined ? 'file-lost' : this.#put(file, url, content)))
      .finally(() => this.#underway.delete(url));
    this.#underway.set(url, bringing);
    return bringing;
  }

  async #put({ hash, type, bytes }: MessageFile, url: string, body: Blob): Promise<Outcome> {
    const { progress } = this.#options;
    const tell = (sent: number | undefined): void => {
      const next = new Map(progress.get());
      if (sent === undefined) next.delete(hash);
      else next.set(hash, { sent: Math.min(sent, bytes), bytes });
      progress.set(next);
    };
    tell(0);
    try {
      const answer = await this.#ask({ method: 'PUT', url, type, body, sent: tell });
      if (answer.status === 200) return 'brought';
      const code = await codeOf(answer);
      if (code === undefined) return answer.status === 413 ? 'file-too-large' : 'later';
      // What is said of the sign-in is nothing about the file: the connection sees to that.
      return errorDefinition(code).retry === 'later' || isOfToken(code) || code === 'revoked'
        ? 'later'
        : code;
    } catch {
      // No answer, or no token to ask with: both may be different in a moment.
      return 'later';
    } finally {
      tell(undefined);
    }
  }

  async #ask(request: Omit<FileRequest, 'token'>, anew = false): Promise<FileAnswer> {
    const { token, transfer = transferFile } = this.#options;
    const answer = await transfer({ ...request, token: await token(anew) });
    if (anew || answer.status !== 401) return answer;
    // The token of the connection may have run out since it was given.
    return isOfToken(await codeOf(answer)) ? this.#ask(request, true) : answer;
  }

  #url(hash: string): string {
    return `${this.#options.base}files/${hash}`;
  }
}

function openStore(name: string | undefined): DeviceFiles {
  return name === undefined || typeof indexedDB === 'undefined'
    ? openMemoryFiles()
    : openIndexedDbFiles({ name: `${name}:files` });
}

/** What a message says of a file. */
async function describe({ name, content }: NewFile): Promise<MessageFile> {
  const bytes = new Uint8Array(await content.arrayBuffer());
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  const head = bytes.subarray(0, TYPE_HEAD_BYTES);
  const said = content.type.split(';', 1)[0]?.trim().toLowerCase() || UNKNOWN_TYPE;
  // The end of its name says what browsers go by; its first bytes, what it is.
  const isVague = said === UNKNOWN_TYPE || !fitsType(said, head);
  const type = isVague ? (typeOf(head) ?? UNKNOWN_TYPE) : said;
  const size = SAFE_IMAGES.has(type) ? await sizeOf(content) : undefined;
  const hash = [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return { hash, name: toFileName(name), type, bytes: bytes.length, ...size };
}

/** Width and height of an image in pixels, where the platform can tell. */
async function sizeOf(
  content: Blob,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  if (typeof createImageBitmap === 'undefined') return undefined;
  try {
    const bitmap = await createImageBitmap(content);
    const { width, height } = bitmap;
    bitmap.close();
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    // It says that it is one, and cannot be shown: it is sent as it is.
    return undefined;
  }
}

/** The code that an answer gives; nothing where it is none of ours (a proxy's, say). */
async function codeOf(answer: FileAnswer): Promise<ErrorCode | undefined> {
  try {
    const { code } = v.parse(errorSchema, JSON.parse(await answer.body.text()));
    return isErrorCode(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
