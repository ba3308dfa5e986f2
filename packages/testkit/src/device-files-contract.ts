import type { DeviceFiles } from '@weft/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** One place where a device keeps files, made anew for each test and empty at first. */
export interface FilesMedium {
  /** Opens a store on it: another tab while one is open, a reload after it was closed. */
  open(): Promise<DeviceFiles>;
  /** Removes what was made. All stores are closed before. */
  dispose(): Promise<void>;
}

const hash = (n: number) => n.toString(16).padStart(64, '0');

/** The contract of the `DeviceFiles` port. */
export function describeDeviceFilesContract(
  name: string,
  makeMedium: () => Promise<FilesMedium>,
): void {
  describe(`device files contract: ${name}`, () => {
    let medium: FilesMedium;
    let files: DeviceFiles;
    beforeEach(async () => {
      medium = await makeMedium();
      files = await medium.open();
    });
    afterEach(async () => {
      await files.close();
      await medium.dispose();
    });

    it('[B5] has the bytes after a reload, and in another tab', async () => {
      const content = new Blob([Uint8Array.of(0, 255, 1, 254)], { type: 'image/png' });
      await files.put(hash(1), content, 5);
      const other = await medium.open();
      expect(await bytesOf(await other.get(hash(1)))).toEqual([0, 255, 1, 254]);
      await other.close();
      await files.close();
      files = await medium.open();
      expect(await bytesOf(await files.get(hash(1)))).toEqual([0, 255, 1, 254]);
      expect(await files.list()).toEqual([{ hash: hash(1), at: 5 }]);
    });

    it('gives nothing for what it has not, and removes what is there', async () => {
      expect(await files.get(hash(1))).toBeUndefined();
      await files.put(hash(1), new Blob(['a']), 1);
      await files.put(hash(2), new Blob([]), 2);
      await files.put(hash(1), new Blob(['a']), 3);
      expect((await files.list()).toSorted((a, b) => a.at - b.at)).toEqual([
        { hash: hash(2), at: 2 },
        { hash: hash(1), at: 3 },
      ]);
      await files.remove(hash(1));
      await files.remove(hash(1));
      expect(await files.get(hash(1))).toBeUndefined();
      expect(await bytesOf(await files.get(hash(2)))).toEqual([]);
    });

    it('rejects once it is closed, also when it is closed twice', async () => {
      await files.close();
      await files.close();
      const put = files.put(hash(1), new Blob(['a']), 1);
      await expect(put).rejects.toMatchObject({ code: 'device-failed' });
      await expect(files.get(hash(1))).rejects.toMatchObject({ code: 'device-failed' });
    });
  });
}

async function bytesOf(content: Blob | undefined): Promise<readonly number[] | undefined> {
  return content === undefined ? undefined : [...new Uint8Array(await content.arrayBuffer())];
}
