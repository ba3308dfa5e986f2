import { join } from 'node:path';
import { createWeftServer } from '@weft/server';
import { openSqliteStore } from '@weft/storage/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkImage } from '../src/images/check.ts';
import { type Stretch, recordingStore } from '../src/images/record.ts';
import { walImages } from '../src/images/wal.ts';
import { type Person, createPerson } from '../src/people.ts';
import { seeded } from '../src/random.ts';
import { until } from '../src/until.ts';
import { temporaryDirectory, type } from './kit.ts';

const SECRET = 'a secret that is only for tests, 32 bytes or more';
/** Changes that each person makes in one stretch: the WAL must stay below the size at which SQLite empties it. */
const CHANGES = 12;

/** Real clients write to a server in this process, in stretches with a checkpoint between them. */
async function recordStretches(count: number): Promise<readonly Stretch[]> {
  const directory = temporaryDirectory();
  const file = join(directory, 'weft.db');
  const recording = recordingStore(await openSqliteStore({ file }), file);
  const server = await createWeftServer({ store: recording.store, secret: SECRET });
  onTestFinished(() => server.close());
  const { port } = await server.listen(0, '127.0.0.1');
  const random = seeded(5);
  const people: Person[] = [];
  for (const name of ['Ann', 'Bea']) {
    const person = await createPerson({ url: `http://127.0.0.1:${port}`, name, random });
    onTestFinished(() => person.close());
    people.push(person);
  }
  const stretches: Stretch[] = [];
  for (let stretch = 0; stretch < count; stretch += 1) {
    const before = recording.begin();
    for (const { weft, name } of people) {
      const document = weft.document('images');
      const room = weft.conversation('images');
      await document.synced;
      for (let change = 0; change < CHANGES; change += 1) {
        type(document, `${name} ${change} ${'.'.repeat(Math.floor(random() * 3_000))} `);
        if (change % 4 === 0) await room.send(`${name} ${stretch} ${change}`);
        await until(document.status, ({ state }) => state === 'stored');
      }
      await until(room.timeline, (list) => list.every(({ state }) => state === 'stored'));
    }
    stretches.push(recording.end(before, join(directory, `stretch-${stretch}.db`)));
  }
  return stretches;
}

describe('power loss', () => {
  it('[D2] [C4] leaves everything that was answered, wherever it ends the WAL', async ({
    annotate,
  }) => {
    const stretches = await recordStretches(2);
    const directory = join(temporaryDirectory(), 'image');
    const images = { 'cut between frames': 0, 'cut within a frame': 0, 'one frame missing': 0 };
    let answered = 0;
    for (const stretch of stretches) {
      const certain = Math.min(...stretch.answered.map(({ walBytes }) => walBytes));
      answered += stretch.answered.length;
      for (const image of walImages(stretch.wal, certain)) {
        images[image.kind] += 1;
        expect(await checkImage(stretch, image, directory)).toEqual([]);
      }
    }
    const counts = Object.entries(images).map(([kind, count]) => `${count} × ${kind}`);
    await annotate(`${answered} answered records; images of the disk: ${counts.join(', ')}`);
    process.stdout.write(`power loss: ${answered} answered records; ${counts.join(', ')}\n`);
    expect(images['cut between frames']).toBeGreaterThan(100);
  }, 120_000);

  it('the check of an image bites: a WAL that ends before what was answered is found', async () => {
    const [stretch] = await recordStretches(1);
    if (stretch === undefined) throw new Error('Nothing was recorded.');
    const directory = join(temporaryDirectory(), 'image');
    const [first] = walImages(stretch.wal, 0);
    if (first === undefined) throw new Error('There are no images.');
    const liar = { ...first, intact: stretch.wal.length };
    expect((await checkImage(stretch, liar, directory)).length).toBeGreaterThan(0);
  }, 60_000);
});
