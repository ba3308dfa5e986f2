import type { ErrorCode } from './errors.ts';
import type { MessageFile } from './file.ts';
import { FILES_MAX, FILE_NAME_MAX, FILE_SIDE_MAX } from './limits.ts';

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/**
 * What no name holds: parts of a path, controls and line ends, and marks of direction, which show `gpj.exe` as `exe.jpg`.
 */
const UNNAMEABLE =
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  /[/\\\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/;

/** Whether a file may be called so. */
export function isFileName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= FILE_NAME_MAX &&
    name === name.trim() &&
    name !== '.' &&
    name !== '..' &&
    name.isWellFormed() &&
    !UNNAMEABLE.test(name)
  );
}

/** The nearest name that a file may have, to what a device calls it. */
export function toFileName(name: string): string {
  const printable = name.replaceAll(new RegExp(UNNAMEABLE, 'g'), '_').toWellFormed().trim();
  // The end says what it is.
  const short =
    printable.length <= FILE_NAME_MAX
      ? printable
      : `${printable.slice(0, FILE_NAME_MAX - 21)}…${printable.slice(-20)}`.toWellFormed();
  return isFileName(short) ? short : 'file';
}

/** The rule that a message's files break, if any. What their bytes are is the server's to compare. */
export function judgeFiles(files: readonly MessageFile[]): ErrorCode | undefined {
  if (files.length > FILES_MAX) return 'too-many-files';
  if (new Set(files.map(({ hash }) => hash)).size < files.length) return 'file-invalid';
  return files.every(isFile) ? undefined : 'file-invalid';
}

function isFile({ name, type, width, height }: MessageFile): boolean {
  if (!isFileName(name) || !TYPE.test(type)) return false;
  if (width === undefined && height === undefined) return true;
  if (width === undefined || height === undefined || !type.startsWith('image/')) return false;
  return width <= FILE_SIDE_MAX && height <= FILE_SIDE_MAX;
}
