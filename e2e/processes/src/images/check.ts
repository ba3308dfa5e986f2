import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkContents } from '@weft/server';
import { openSqliteReader, openSqliteStore } from '@weft/storage/sqlite';
import type { Stretch } from './record.ts';
import type { WalImage } from './wal.ts';

/**
 * Starts from an image as a server would after power loss.
 * @param directory where the image is put together; emptied first
 * @returns what is wrong: a record that was answered and is gone, or a log that is not sound
 */
export async function checkImage(
  stretch: Stretch,
  image: WalImage,
  directory: string,
): Promise<readonly string[]> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const file = join(directory, 'weft.db');
  copyFileSync(stretch.base, file);
  writeFileSync(`${file}-wal`, image.bytes);
  const store = await openSqliteStore({ file });
  const wrong: string[] = [];
  for (const { stream, number, walBytes } of stretch.answered) {
    if (walBytes <= image.intact && (await store.log.head(stream)) < number) {
      wrong.push(`${image.kind} at ${image.intact}: ${stream} ${number} was answered and is gone`);
    }
  }
  const reader = openSqliteReader({ file });
  try {
    wrong.push(...reader.problems());
    wrong.push(...(await checkContents(reader.log, reader.streams, reader.texts)).problems);
  } finally {
    reader.close();
    await store.close();
  }
  return wrong;
}
