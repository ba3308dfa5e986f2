/**
 * What a file is, by its first bytes. Only what browsers may act upon, and what people send most, is told apart: a type
 * that has no mark of its own (text, CSV) is what its sender says.
 */

/** Bytes from the start that tell. */
export const TYPE_HEAD_BYTES = 32;

/** Types of images that a browser shows and that run nothing; what is none of these is only ever downloaded. */
export const SAFE_IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
]);

/** What anything may be called: bytes. */
export const UNKNOWN_TYPE = 'application/octet-stream';

interface Mark {
  readonly type: string;
  /** Hexadecimal; `..` stands for any byte. */
  readonly bytes: string;
  /** Types that are written in this one, and that it may therefore be called. */
  readonly holds?: RegExp;
}

const ZIP = /^application\//;
const MEDIA = /^(video|audio|image)\//;

const MARKS: readonly Mark[] = [
  { type: 'image/png', bytes: '89504e470d0a1a0a' },
  { type: 'image/jpeg', bytes: 'ffd8ff' },
  { type: 'image/gif', bytes: '47494638' },
  { type: 'image/webp', bytes: '52494646........57454250' },
  { type: 'image/avif', bytes: '........6674797061766966' },
  { type: 'image/bmp', bytes: '424d............0000' },
  { type: 'image/tiff', bytes: '49492a00' },
  { type: 'image/tiff', bytes: '4d4d002a' },
  { type: 'video/mp4', bytes: '........66747970', holds: MEDIA },
  { type: 'video/webm', bytes: '1a45dfa3', holds: MEDIA },
  { type: 'audio/wav', bytes: '52494646........57415645', holds: /^audio\// },
  { type: 'audio/ogg', bytes: '4f676753', holds: MEDIA },
  { type: 'audio/mpeg', bytes: '494433', holds: /^audio\// },
  { type: 'audio/flac', bytes: '664c6143', holds: /^audio\// },
  { type: 'application/pdf', bytes: '255044462d', holds: ZIP },
  // Office documents, e-books and packages are archives.
  { type: 'application/zip', bytes: '504b0304', holds: ZIP },
  { type: 'application/zip', bytes: '504b0506', holds: ZIP },
  { type: 'application/gzip', bytes: '1f8b', holds: ZIP },
  { type: 'application/x-7z-compressed', bytes: '377abcaf271c' },
  { type: 'application/vnd.microsoft.portable-executable', bytes: '4d5a9000', holds: ZIP },
  { type: 'application/x-elf', bytes: '7f454c46', holds: ZIP },
  { type: 'application/wasm', bytes: '0061736d' },
];

const MARKED: ReadonlySet<string> = new Set(MARKS.map(({ type }) => type));

/**
 * The type that the first bytes of a file say; `undefined` where they have no mark that is known.
 * @param head at least `TYPE_HEAD_BYTES` of it, or all
 */
export function typeOf(head: Uint8Array): string | undefined {
  return markOf(head)?.type;
}

/** Whether a file with these first bytes may be called a type. */
export function fitsType(type: string, head: Uint8Array): boolean {
  if (type === UNKNOWN_TYPE) return true;
  const mark = markOf(head);
  // What has a mark must bear it: else a page could be called an image.
  if (mark === undefined) return !MARKED.has(type);
  if (type === mark.type) return true;
  return mark.holds?.test(type) === true && !SAFE_IMAGES.has(type);
}

function markOf(head: Uint8Array): Mark | undefined {
  return MARKS.find(({ bytes }) => {
    if (head.length < bytes.length / 2) return false;
    for (let at = 0; at < bytes.length; at += 2) {
      const byte = bytes.slice(at, at + 2);
      if (byte !== '..' && Number.parseInt(byte, 16) !== head[at / 2]) return false;
    }
    return true;
  });
}
