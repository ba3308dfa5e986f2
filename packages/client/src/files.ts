import type { Command, ErrorCode, MessageFile } from '@weft/protocol';
import type { FileProgress, NewFile } from './api.ts';
import type { FileBox, FileBoxOptions } from './file-box.ts';
import { type Signal, signal } from './observable.ts';
import type { Part } from './parts.ts';

/** Where files are, and the code that sees to them. */
export interface FilesOptions extends Omit<FileBoxOptions, 'progress'> {
  readonly part: Part<{ readonly FileBox: typeof FileBox }>;
}

/** Files of messages, whose code and whose store on the device are asked for when there is a file. */
export class Files {
  readonly #options: FilesOptions;
  /** By hash: what is on its way to the server. */
  readonly progress: Signal<ReadonlyMap<string, FileProgress>> = signal(new Map());
  #box: FileBox | undefined;
  #closed = false;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  /** The bytes of a file. @throws WeftError as `FileBox.open` */
  async open(hash: string): Promise<Blob> {
    return (await this.#load()).open(hash);
  }

  /** Keeps files on the device, for a message that names them. @throws WeftError `file-too-large`, `device-failed` */
  async keep(files: readonly NewFile[]): ReturnType<FileBox['keep']> {
    return (await this.#load()).keep(files);
  }

  /**
   * Brings the files of a command to the server; nothing when it names none.
   * @returns whether it may be sent now
   */
  bring(command: Command): Promise<boolean> | undefined {
    const files = filesOf(command);
    if (files.length === 0) return undefined;
    // The code cannot be had just now: neither can the server.
    return this.#load().then(
      (box) => box.bring(files, command.conversation),
      () => false,
    );
  }

  /** The server lacks a file of a command: why it never gets it, or nothing when it is brought again. */
  whyMissing(command: Command): ErrorCode | undefined {
    return this.#box?.whyMissing(filesOf(command));
  }

  /**
   * A command is stored or gone.
   * @param others what still waits
   */
  release(command: Command, others: readonly Command[]): void {
    const files = filesOf(command);
    if (files.length === 0) return;
    const named = new Set(others.flatMap(filesOf).map(({ hash }) => hash));
    const hashes = files.map(({ hash }) => hash);
    this.#load()
      .then(async (box) => {
        await box.release(hashes, named);
        await box.sweep(named);
      })
      // What is left takes room until the next file is sent.
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#box?.close();
  }

  async #load(): Promise<FileBox> {
    const { FileBox: Box } = await this.#options.part.load();
    this.#box ??= new Box({ ...this.#options, progress: this.progress });
    if (this.#closed) await this.#box.close();
    return this.#box;
  }
}

/** The files that a command's message names. */
function filesOf({ action }: Command): readonly MessageFile[] {
  return action.type === 'send' || action.type === 'edit' ? (action.body.files ?? []) : [];
}
