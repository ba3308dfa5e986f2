import { join } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { contentHash } from '@weft/protocol';
import { type ServerProcess, startServerProcess } from '@weft/testkit';
import type * as Y from 'yjs';
import { type Person, SERVER_ENTRY, createPerson } from '../people.ts';
import { seeded } from '../random.ts';
import { until } from '../until.ts';
import { Actor } from './actor.ts';
import { Ledger } from './ledger.ts';
import { marksOf } from './marks.ts';
import { compareMarks, verifyDatabase } from './verify.ts';

export interface TortureOptions {
  readonly kills: number;
  readonly seed: number;
  /** An empty directory. */
  readonly dataDir: string;
  /** Told after each kill. */
  readonly progress: (text: string) => void;
}

export interface TortureReport {
  readonly kills: number;
  /** Writes and messages that were made, and those that were reported as stored. */
  readonly writes: number;
  readonly messages: number;
  /** Writes that were under way at a kill: made, and not known to be stored. */
  readonly underWay: number;
  readonly reloads: number;
}

/** What did not hold, and after which kill. */
export class TortureFailure extends Error {}

const PEOPLE = ['Ann', 'Bea', 'Cem', 'Dora'];
const DOCUMENTS = ['torture-a', 'torture-b', 'torture-c'];
const ROOMS = ['torture-room', 'torture-hall'];

/** Reports between a restart and the kill that follows: also none at all. */
const REPORTS_MAX = 25;
/** Milliseconds after the last of them: the kill may come at any point of a commit. */
const DELAY_MAX = 25;
/** Milliseconds between two things that one client does. */
const PAUSE_MAX = 40;

/**
 * Several clients write and talk without a pause while the server is killed again and again, at random points. After
 * each restart the database is compared with what clients had been told.
 * @throws TortureFailure
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { kills, seed, dataDir, progress } = options;
  const random = seeded(seed);
  const ledger = new Ledger();
  const start = (port: number) => startServerProcess({ entry: SERVER_ENTRY, dataDir, port });
  let server: ServerProcess = await start(0);
  const actors: Actor[] = [];
  const failures: Error[] = [];
  let going = true;
  const signedOut = () => actors.flatMap(({ person }) => stateThatEnds(person));
  try {
    for (const name of PEOPLE) {
      const person = await createPerson({ url: server.url, name, random });
      actors.push(new Actor({ person, ledger, random, documents: DOCUMENTS, rooms: ROOMS }));
    }
    const loads = actors.map((actor) => keepBusy(actor, random, () => going, failures));
    let underWay = 0;
    let reloads = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      await ledger.reported(ledger.reports + Math.floor(random() * REPORTS_MAX));
      await delay(random() * DELAY_MAX);
      const exit = server.kill('SIGKILL');
      underWay += waitingIn(actors);
      await exit;
      const told = ledger.now;
      if (random() < 0.25) {
        await pick(actors, random).reload();
        reloads += 1;
      }
      server = await start(server.port);
      for (const { person } of actors) person.hurry();
      const wrong = await verifyDatabase(join(dataDir, 'weft.db'), told);
      const all = [...wrong, ...signedOut(), ...failures.map(({ message }) => message)];
      if (all.length > 0) throw failed(kill, seed, all);
      progress(`${kill} of ${kills} kills, ${ledger.reports} reports of something stored`);
    }
    going = false;
    await Promise.all(loads);
    const wrong = await Promise.race([
      settle(actors, ledger, join(dataDir, 'weft.db')),
      ...actors.map(({ person }) => whenSignedOut(person)),
    ]);
    if (wrong.length > 0) throw failed(kills, seed, wrong);
    const { documents, messages } = ledger.now;
    return {
      kills,
      underWay,
      reloads,
      writes: [...documents.values()].reduce((sum, { stored }) => sum + stored.length, 0),
      messages: [...messages.values()].reduce((sum, places) => sum + places.size, 0),
    };
  } finally {
    going = false;
    for (const { person } of actors) await person.close();
    await server.kill('SIGKILL');
  }
}

/** Acts until told to stop. */
async function keepBusy(
  actor: Actor,
  random: () => number,
  going: () => boolean,
  failures: Error[],
): Promise<void> {
  while (going()) {
    try {
      await actor.act();
    } catch (error) {
      // A client that is being reloaded is closed for a moment.
      if (!(error instanceof Error && 'code' in error)) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
    // Bursts now and then, so that commits hold several people's work.
    if (random() < 0.1) await turn();
    else await delay(random() * PAUSE_MAX);
  }
}

/** Everybody ends with everything, once, and the same. @returns what is wrong */
async function settle(
  actors: readonly Actor[],
  ledger: Ledger,
  file: string,
): Promise<readonly string[]> {
  for (const actor of actors) {
    for (const name of DOCUMENTS) {
      const handle = actor.document(name);
      if (handle === undefined) continue;
      await until(handle.status, ({ state }) => state === 'stored');
      await handle.synced;
    }
  }
  const told = ledger.now;
  const wrong: string[] = [];
  for (const name of DOCUMENTS) {
    const made = told.documents.get(name)?.made ?? [];
    const hashes = new Set<string>();
    for (const actor of actors) {
      const handle = actor.document(name);
      if (handle === undefined) continue;
      await holds(handle.doc, () => marksOf(handle.doc).length >= made.length);
      hashes.add(contentHash(handle.doc));
      wrong.push(
        ...compareMarks(`${name} of ${actor.person.name}`, marksOf(handle.doc), made, made),
      );
    }
    if (hashes.size > 1) wrong.push(`${name}: clients differ`);
  }
  for (const name of ROOMS) {
    const sent = told.sent.get(name)?.size ?? 0;
    const orders = new Set<string>();
    for (const actor of actors) {
      const room = actor.room(name);
      if (room === undefined) continue;
      const items = await until(
        room.timeline,
        (list) => list.length >= sent && list.every(({ state }) => state === 'stored'),
      );
      orders.add(items.map(({ id }) => id).join(' '));
    }
    if (orders.size > 1) wrong.push(`${name}: clients show different orders`);
  }
  return [...wrong, ...(await verifyDatabase(file, ledger.now))];
}

/** Resolves when a document fulfils a condition. */
function holds(doc: Y.Doc, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!condition()) return;
      doc.off('update', check);
      resolve();
    };
    doc.on('update', check);
    check();
  });
}

/** A client that will not come back by itself: no kill is a reason for that. */
function stateThatEnds({ name, weft }: Person): readonly string[] {
  const status = weft.connection.get();
  if (status.state === 'outdated') return [`${name} is told to reload`];
  return status.state === 'revoked' ? [`${name} is signed out: ${status.code}`] : [];
}

async function whenSignedOut(person: Person): Promise<readonly string[]> {
  await until(person.weft.connection, () => stateThatEnds(person).length > 0);
  return stateThatEnds(person);
}

function waitingIn(actors: readonly Actor[]): number {
  return actors.reduce(
    (sum, actor) =>
      sum +
      DOCUMENTS.reduce(
        (count, name) => count + (actor.document(name)?.status.get().waiting ?? 0),
        0,
      ),
    0,
  );
}

function pick<T>(from: readonly T[], random: () => number): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error('There is nothing to pick from.');
  return found;
}

function failed(kill: number, seed: number, wrong: readonly string[]): TortureFailure {
  const more = wrong.length > 10 ? `\n  and ${wrong.length - 10} more` : '';
  return new TortureFailure(
    `after kill ${kill} of seed ${seed}:\n  ${wrong.slice(0, 10).join('\n  ')}${more}`,
  );
}
