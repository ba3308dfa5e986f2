import type { MessageBody } from '@weft/protocol';

/** What kind of file it is, in a word: the end of its name, or what its type says. */
export function kindWords(name: string, type: string): string {
  const [, ending] = /\.([A-Za-z0-9]{1,8})$/.exec(name) ?? [];
  if (ending !== undefined) return ending.toUpperCase();
  const [kind = '', rest = ''] = type.split('/');
  return kind === 'application' ? (rest === 'octet-stream' ? 'File' : rest) : kind;
}

/** What a message says, where there is room for one line: its text, or what its files are called. */
export function bodyWords({ text, files = [] }: MessageBody): string {
  if (text.trim() !== '' || files.length === 0) return text;
  const [first] = files;
  return files.length === 1 && first !== undefined ? first.name : `${files.length} files`;
}
