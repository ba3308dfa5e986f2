import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from '@playwright/test';
import { type Replica, differences, operationLine } from '../replica.ts';
import { keptReplica } from './device.ts';
import type { Peer, Snapshot } from './peer.ts';

export interface ConvergedOptions {
  /** Milliseconds until all must be settled and equal; default 10,000. */
  readonly within?: number;
}

/** Replicas that did not become one. Its message says where they differ, and what each did last. */
export class ConvergenceError extends Error {
  override readonly name = 'ConvergenceError';
  readonly problems: readonly string[];

  constructor(message: string, problems: readonly string[]) {
    super(message);
    this.problems = problems;
  }
}

/**
 * Waits until every peer is settled, by what its app says, and all hold the same documents, show the same text and keep
 * the same on their devices.
 * @returns the text that all show, of the first editable element
 * @throws ConvergenceError that names the path, both values, the last operations of each, and the file with the rest
 */
export async function expectConverged(
  peers: readonly Peer[],
  { within = 10_000 }: ConvergedOptions = {},
): Promise<string> {
  const deadline = Date.now() + within;
  const unsettled = await notSettled(peers, within);
  for (;;) {
    const snapshots = await Promise.all(peers.map((peer) => peer.read()));
    const problems = [...unsettled, ...disagreements(peers, snapshots)];
    if (problems.length === 0) return snapshots[0]?.dom[0] ?? '';
    if (Date.now() >= deadline) throw await failure(peers, snapshots, problems, within);
    // What comes next may be traffic, paint or a commit: no one event stands for all of them.
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

/** Waits for each peer's own word. @returns a line for each that did not give it in time */
async function notSettled(peers: readonly Peer[], within: number): Promise<readonly string[]> {
  const lines = await Promise.all(
    peers.map(async (peer) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), within);
      });
      const settled = peer.settled();
      // Where it comes too late, its page may be gone by then.
      settled.catch(() => undefined);
      const came = await Promise.race([settled, late]);
      clearTimeout(timer);
      if (came !== 'late') return undefined;
      return `${peer.name} did not settle (${await peer.state()})`;
    }),
  );
  return lines.filter((line) => line !== undefined);
}

/** Where peers differ from the first one, and each from its own device. */
export function disagreements(
  peers: readonly { readonly name: string }[],
  snapshots: readonly Snapshot[],
): readonly string[] {
  const [first, ...others] = snapshots;
  const [firstPeer] = peers;
  if (first === undefined || firstPeer === undefined) return [];
  const problems: string[] = [];
  for (const [index, snapshot] of snapshots.entries()) {
    const name = peers[index]?.name ?? '?';
    for (const replica of snapshot.replicas) {
      if (replica.pending)
        problems.push(`${name} holds changes in ${replica.name} that build on what it lacks`);
      if (snapshot.kept !== undefined) problems.push(...notKept(name, replica, snapshot.kept));
    }
  }
  for (const [index, other] of others.entries()) {
    const name = peers[index + 1]?.name ?? '?';
    const names = new Set([...first.replicas, ...other.replicas].map((replica) => replica.name));
    for (const document of names) {
      const [left, right] = [first, other].map((snapshot) =>
        snapshot.replicas.find((replica) => replica.name === document),
      );
      for (const found of differences(left?.content ?? {}, right?.content ?? {})) {
        problems.push(
          [
            `${document} differs at ${found.path}`,
            `    ${firstPeer.name}: ${found.one ?? 'nothing'}`,
            `    ${name}: ${found.other ?? 'nothing'}`,
          ].join('\n'),
        );
      }
    }
    if (problems.length === 0 && JSON.stringify(first.dom) !== JSON.stringify(other.dom)) {
      problems.push(
        [
          'the screens differ over equal documents',
          `    ${firstPeer.name}: ${JSON.stringify(first.dom)}`,
          `    ${name}: ${JSON.stringify(other.dom)}`,
        ].join('\n'),
      );
    }
  }
  return problems;
}

function notKept(name: string, replica: Replica, kept: Snapshot['kept']): readonly string[] {
  const own = keptReplica(kept ?? [], replica.clocks);
  if (own === undefined) {
    return Object.keys(replica.content).length === 0
      ? []
      : [`${name}'s device keeps nothing of ${replica.name}`];
  }
  return differences(replica.content, own.content, 1).map(({ path, one, other }) =>
    [
      `${name}'s device keeps something else of ${replica.name} at ${path}`,
      `    in memory: ${one ?? 'nothing'}`,
      `    on the device: ${other ?? 'nothing'}`,
    ].join('\n'),
  );
}

async function failure(
  peers: readonly Peer[],
  snapshots: readonly Snapshot[],
  problems: readonly string[],
  within: number,
): Promise<ConvergenceError> {
  const file = test.info().outputPath(`convergence-${String(Date.now())}.json`);
  const record = peers.map((peer, index) => ({
    name: peer.name,
    ...snapshots[index],
    kept: snapshots[index]?.kept?.map(({ name, content }) => ({ name, content })),
    frames: peer.network.frames,
    errors: peer.errors,
  }));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(record, undefined, 1));
  const last = peers.flatMap((peer, index) =>
    (snapshots[index]?.replicas ?? []).map((replica) => {
      const lines = replica.operations
        .slice(-5)
        .map((operation) => `    ${operationLine(operation)}`);
      return [`  last operations of ${peer.name} in ${replica.name}:`, ...lines].join('\n');
    }),
  );
  const names = peers.map((peer) => peer.name).join(', ');
  return new ConvergenceError(
    [
      `The replicas of ${names} did not become one within ${within} ms.`,
      ...problems.map((problem) => `  ${problem}`),
      ...last,
      `  trace: ${file}`,
    ].join('\n'),
    problems,
  );
}
