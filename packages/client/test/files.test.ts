import { FILES_MAX, type MessageFile } from '@weft/protocol';
import { openMemoryFiles } from '@weft/storage/device-files-memory';
import { describe, expect, it } from 'vitest';
import { FileBox } from '../src/file-box.ts';
import type { FileAnswer, FileRequest } from '../src/index.ts';
import { signal } from '../src/observable.ts';
import { bench } from './kit/setup.ts';

const NOTES = { name: 'notes.txt', content: new Blob(['warp and weft'], { type: 'text/plain' }) };

function json(status: number, value: unknown): FileAnswer {
  return { status, body: new Blob([JSON.stringify(value)]) };
}

/** A box whose server answers as a test says. */
function box(answer: (request: FileRequest) => FileAnswer | Promise<FileAnswer>) {
  const asked: FileRequest[] = [];
  let given = 1;
  const files = new FileBox({
    store: openMemoryFiles(),
    name: undefined,
    base: 'http://test.invalid/',
    token: async (anew) => `token-${anew ? (given += 1) : given}`,
    now: () => 0,
    transfer: async (request) => {
      asked.push(request);
      return answer(request);
    },
    maxBytes: undefined,
    progress: signal(new Map()),
  });
  const kept = async (): Promise<readonly MessageFile[]> => (await files.keep([NOTES])).files;
  return { files, asked, kept };
}

describe('files of messages', () => {
  it('[B5] are not sent twice where their message is tried again while they are on their way', async () => {
    let arrive: (answer: FileAnswer) => void = () => undefined;
    const { files, asked, kept } = box(
      () =>
        new Promise((resolve) => {
          arrive = resolve;
        }),
    );
    const named = await kept();
    const first = files.bring(named, 'general');
    const second = files.bring(named, 'general');
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    arrive(json(200, {}));
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(await files.bring(named, 'general')).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('[B5] are sent again, after one try that came to nothing', async () => {
    const answers = [json(503, {}), json(200, {})];
    const { files, asked, kept } = box(() => answers.shift() ?? json(500, {}));
    const named = await kept();
    expect(await files.bring(named, 'general')).toBe(false);
    expect(await files.bring(named, 'general')).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('are asked for with another token, once, where the one of the connection has run out', async () => {
    const { files, asked } = box(({ token }) =>
      token === 'token-1'
        ? json(401, { code: 'token-expired' })
        : { status: 200, body: new Blob(['warp']) },
    );
    expect(await (await files.open('a'.repeat(64))).text()).toBe('warp');
    expect(asked.map(({ token }) => token)).toEqual(['token-1', 'token-2']);
    const never = box(() => json(401, { code: 'token-invalid' }));
    await expect(never.files.open('a'.repeat(64))).rejects.toMatchObject({ code: 'token-invalid' });
    expect(never.asked).toHaveLength(2);
  });

  it('of a message that cannot be sent are not kept on the device', async () => {
    const files = openMemoryFiles();
    const { weft } = bench({ connect: false, files });
    const room = weft.conversation('general');
    const many = Array.from({ length: FILES_MAX + 1 }, (_, index) => ({
      name: `${index}.txt`,
      content: new Blob([String(index)]),
    }));
    await expect(room.send('All of them', { files: many })).rejects.toMatchObject({
      code: 'too-many-files',
    });
    await expect(room.send('\u0000', { files: [NOTES] })).rejects.toMatchObject({
      code: 'message-unprintable',
    });
    expect(await files.list()).toEqual([]);
    await room.send('', { files: [NOTES] });
    expect(await files.list()).toHaveLength(1);
  });
});
