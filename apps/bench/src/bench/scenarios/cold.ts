import { encodedDocument, longSession } from '../documents.ts';
import { gauge } from '../gauge.ts';
import { type Kind, inTurn } from '../kinds.ts';
import { type Goal } from '../measure.ts';
import { type Scenario, type Stage, documentName } from '../scenario.ts';
import type { ServerChild } from '../server-child.ts';
import { median } from '../stats.ts';
import { foldedDown } from '../weft-database.ts';

/** Those that keep documents: the others have nothing to open. */
const KEEPING: readonly Kind[] = ['weft', 'hocuspocus'];

/** Newcomers who come at once. */
const CROWD = 20;

/** Documents opened before anything counts, so that the server's code is compiled. */
const WARM = 4;

interface Sizes {
  readonly name: string;
  readonly update: Uint8Array;
  /** Documents that one newcomer opens, and that a crowd opens. */
  readonly single: number;
  readonly crowd: number;
}

export const cold: Scenario = {
  name: 'cold',
  about: (quick) =>
    `a document that is not in memory, to its last byte, from the first frame on a connected socket${quick ? '' : `; ${CROWD} at once`}`,
  run: async (stage) => {
    const { measures, quick, rounds } = stage;
    const session = await longSession(quick ? 100_000 : undefined);
    stage.progress(`making documents of ${session.name}`);
    const paper = encodedDocument(session);
    const all: readonly Sizes[] = [
      { name: 'paper', update: paper, single: quick ? 2 : 8, crowd: quick ? 1 : 3 },
      ...(quick
        ? []
        : [{ name: 'ten papers', update: encodedDocument(session, 10), single: 6, crowd: 0 }]),
    ];
    const limits = new Map([
      ['paper', 20],
      ['ten papers', 35],
    ]);
    for (const { name, update } of all) {
      const title = `${name} (${(update.length / 1000).toFixed(0)} kB)`;
      const value = limits.get(name);
      const goal: Goal | undefined = value === undefined ? undefined : { goal: 'at-most', value };
      measures.define(`${title}: last byte`, 'ms', goal);
      measures.define(`${title}: told that this is all`, 'ms');
      measures.define(`${title}: bytes received`, 'kB');
      measures.define(`${title}: server CPU`, 'ms');
      if (name !== 'paper') continue;
      measures.define(`${title}: ${CROWD} at once, the last one's last byte`, 'ms', {
        goal: 'at-most',
        value: 50,
      });
      measures.define(`${title}: server CPU of ${CROWD} over that of one`, '×', {
        goal: 'at-most',
        value: 2,
      });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of inTurn(
        stage.kinds.filter((each) => KEEPING.includes(each)),
        round,
      )) {
        for (const sizes of all) {
          await stage.withServer(kind, {}, (server) => measure(stage, kind, round, server, sizes));
        }
      }
    }
  },
};

/** What the slowest of the newcomers saw, and what the server used. */
interface Opening {
  readonly complete: number;
  readonly synced: number;
  readonly cpu: number;
  readonly bytes: number;
}

async function measure(
  stage: Stage,
  kind: Kind,
  round: number,
  server: ServerChild,
  sizes: Sizes,
): Promise<void> {
  const { measures } = stage;
  const title = `${sizes.name} (${(sizes.update.length / 1000).toFixed(0)} kB)`;
  const documents = Array.from({ length: WARM + sizes.single + sizes.crowd }, (_, index) =>
    documentName(`cold-${round}-${index}`),
  );
  stage.progress(`${kind}, round ${round + 1}: storing ${documents.length} × ${sizes.name}`);
  const { update } = sizes;
  await stage.load.run({ type: 'upload', target: server.target, documents, update });
  if (kind === 'weft') await foldedDown(server.dataDir, documents, 0);
  await server.stop();
  await server.restart();
  await stage.quiet();
  stage.progress(`${kind}, round ${round + 1}: opening ${sizes.name}`);
  const singles: Opening[] = [];
  const crowds: Opening[] = [];
  for (const [index, document] of documents.entries()) {
    const clients = index < WARM + sizes.single ? 1 : CROWD;
    const gauged = gauge(server);
    const { complete, synced, bytes } = await stage.load.run(
      { type: 'open', target: server.target, document, clients },
      gauged.atGate,
    );
    const { cpu, others } = gauged.result();
    stage.keep(kind, round, {
      document: sizes.name,
      index,
      clients,
      complete,
      synced,
      cpu,
      others,
      bytes,
    });
    if (index < WARM) continue;
    const opening = { complete: Math.max(...complete), synced: Math.max(...synced), cpu, bytes };
    if (clients === 1) singles.push(opening);
    else crowds.push(opening);
  }
  const add = (name: string, value: number | undefined) => {
    if (value !== undefined) measures.add(`${title}: ${name}`, kind, value);
  };
  const cpuOfOne = median(singles.map(({ cpu }) => cpu));
  const cpuOfCrowd = median(crowds.map(({ cpu }) => cpu));
  add('last byte', median(singles.map(({ complete }) => complete)));
  add('told that this is all', median(singles.map(({ synced }) => synced)));
  add('bytes received', (median(singles.map(({ bytes }) => bytes)) ?? 0) / 1000);
  add('server CPU', cpuOfOne);
  add(`${CROWD} at once, the last one's last byte`, median(crowds.map(({ complete }) => complete)));
  if (cpuOfOne !== undefined && cpuOfCrowd !== undefined) {
    add(`server CPU of ${CROWD} over that of one`, cpuOfCrowd / cpuOfOne);
  }
}
